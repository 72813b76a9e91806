import type { Invalidation } from '@db9/types/internal'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Tables } from '../metadata/tables.ts'

/**
 * Tells the gateway what changed. The row is the outbox: a change raises `config_version` in its own transaction, and
 * `announced_version` follows once the gateway has answered, so that no crash between the two loses a notice.
 */
export interface Announcer {
  /** After the commit. Resolves when the gateway knows, or after a second at the latest; never throws. */
  announce(databaseId: string): Promise<void>
  /** Sends what is still owed, now and from then on. */
  start(): void
  close(): Promise<void>
}

export interface AnnouncerDeps {
  db: Kysely<Tables>
  send: (invalidation: Invalidation) => Promise<void>
  log: Logger
  /** Milliseconds since the epoch. */
  clock: () => number
}

const LONGEST_WAIT_MS = 1_000
const EVERY_MS = 1_000
/** While the gateway is away, as seldom as this. */
const LONGEST_PAUSE_MS = 10_000
const MOST_AT_ONCE = 100
/** The gateway reads whatever it holds again within a minute; what was revoked longer ago it has forgotten. */
const REVOKED_LATELY_MS = 10 * 60_000

export function createAnnouncer({ db, send, log, clock }: AnnouncerDeps): Announcer {
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> = Promise.resolve()
  let failures = 0

  const deliver = async (databaseId: string): Promise<void> => {
    const owed = await findOwed(db, databaseId)
    if (owed === null) return
    const keyIds = await listKeys(db, databaseId, owed.since, clock() - REVOKED_LATELY_MS)
    // Nothing at the gateway depends on a database that has no key.
    if (keyIds.length > 0) await send({ database_id: databaseId, key_ids: keyIds })
    await db
      .updateTable('databases')
      .set({ announced_version: owed.version })
      .where('id', '=', databaseId)
      .where('announced_version', '<', owed.version)
      .execute()
  }

  const flush = async (): Promise<void> => {
    try {
      for (const id of await listUnannounced(db)) await deliver(id)
      failures = 0
    } catch (error) {
      if (failures++ === 0) log.warn({ err: error }, 'the gateway is not told of changes; tried again')
    }
  }

  const schedule = () => {
    const pause = Math.min(EVERY_MS * 2 ** failures, LONGEST_PAUSE_MS)
    timer = setTimeout(() => {
      flushing = flush().finally(() => timer && schedule())
    }, pause).unref()
  }

  return {
    async announce(databaseId) {
      const delivery = deliver(databaseId).catch((error) =>
        log.warn({ err: error, database_id: databaseId }, 'the gateway is told later'),
      )
      let limit: NodeJS.Timeout | undefined
      const wait = new Promise<void>((resolve) => {
        limit = setTimeout(resolve, LONGEST_WAIT_MS)
      })
      await Promise.race([delivery, wait])
      clearTimeout(limit)
    },
    start() {
      if (!timer) schedule()
    },
    async close() {
      clearTimeout(timer)
      timer = undefined
      await flushing
    },
  }
}

interface Owed {
  /** The version that the gateway knows once it is told. */
  version: string
  /** Keys that changed after this version are told of; null: all. */
  since: string | null
}

async function findOwed(db: Kysely<Tables>, databaseId: string): Promise<Owed | null> {
  const row = await db
    .selectFrom('databases')
    .select(['config_version', 'shared_version', 'announced_version'])
    .where('id', '=', databaseId)
    .executeTakeFirst()
  if (!row) return null
  const { config_version: version, shared_version, announced_version } = row
  return { version, since: BigInt(shared_version) > BigInt(announced_version) ? null : announced_version }
}

/** Read after the versions: what they then miss has a later one. */
async function listKeys(
  db: Kysely<Tables>,
  databaseId: string,
  since: string | null,
  revokedSince: number,
): Promise<string[]> {
  const keys = db
    .selectFrom('publishable_keys')
    .select('id')
    .where('database_id', '=', databaseId)
    .where((eb) => eb.or([eb('revoked_at', 'is', null), eb('revoked_at', '>', new Date(revokedSince))]))
  const rows = await (since === null ? keys : keys.where('version', '>', since)).execute()
  return rows.map(({ id }) => id)
}

async function listUnannounced(db: Kysely<Tables>): Promise<string[]> {
  const rows = await db
    .selectFrom('databases')
    .select('id')
    .whereRef('config_version', '>', 'announced_version')
    .orderBy('id')
    .limit(MOST_AT_ONCE)
    .execute()
  return rows.map(({ id }) => id)
}
