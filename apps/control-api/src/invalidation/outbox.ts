/**
 * The outbox of invalidations: what the gateway has to be told. The row of a database is the outbox. A change raises
 * `config_version` in its own transaction, and `announced_version` follows once the gateway has answered, so that no
 * crash between the two loses an invalidation.
 */
import type { Invalidation } from '@db9/types/internal'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Tables } from '../metadata/tables.ts'

export interface OutboxDeps {
  db: Kysely<Tables>
  deliver: (invalidation: Invalidation) => Promise<void>
  log: Logger
  /** Milliseconds since the epoch. */
  clock: () => number
}

const LONGEST_WAIT_MS = 1_000
const EVERY_MS = 1_000
/** The pause while the gateway does not answer. */
const LONGEST_PAUSE_MS = 10_000
const MOST_AT_ONCE = 100
/** The gateway reads each configuration again within a minute; it has forgotten a key that was revoked longer ago. */
const REVOKED_LATELY_MS = 10 * 60_000

export class InvalidationOutbox {
  readonly #deps: OutboxDeps
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> = Promise.resolve()
  /** In a row. */
  #failures = 0

  constructor(deps: OutboxDeps) {
    this.#deps = deps
  }

  /** After the commit. Resolves when the gateway has answered, or after a second at the latest; never throws. */
  async send(databaseId: string): Promise<void> {
    const sent = this.#deliver(databaseId).catch((error) =>
      this.#deps.log.warn({ err: error, database_id: databaseId }, 'invalidation deferred'),
    )
    let limit: NodeJS.Timeout | undefined
    const wait = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, LONGEST_WAIT_MS)
    })
    await Promise.race([sent, wait])
    clearTimeout(limit)
  }

  /** Sends what was not sent yet, now and from then on. */
  start(): void {
    if (!this.#timer) this.#schedule()
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#flushing
  }

  #schedule(): void {
    const pause = Math.min(EVERY_MS * 2 ** this.#failures, LONGEST_PAUSE_MS)
    this.#timer = setTimeout(() => {
      this.#flushing = this.#flush().finally(() => this.#timer && this.#schedule())
    }, pause).unref()
  }

  async #flush(): Promise<void> {
    try {
      for (const id of await listUnsent(this.#deps.db)) await this.#deliver(id)
      this.#failures = 0
    } catch (error) {
      if (this.#failures++ === 0)
        this.#deps.log.warn({ err: error }, 'the gateway does not take invalidations; they are tried again')
    }
  }

  async #deliver(databaseId: string): Promise<void> {
    const { db, deliver, clock } = this.#deps
    const unsent = await findUnsent(db, databaseId)
    if (unsent === null) return
    const keyIds = await listKeys(db, databaseId, unsent.since, clock() - REVOKED_LATELY_MS)
    // Nothing at the gateway depends on a database that has no key.
    if (keyIds.length > 0) await deliver({ database_id: databaseId, key_ids: keyIds })
    await db
      .updateTable('databases')
      .set({ announced_version: unsent.version })
      .where('id', '=', databaseId)
      .where('announced_version', '<', unsent.version)
      .execute()
  }
}

interface Unsent {
  /** The version that the gateway has once the invalidation is delivered. */
  version: string
  /** Keys that changed after this version are named in it; null: all. */
  since: string | null
}

async function findUnsent(db: Kysely<Tables>, databaseId: string): Promise<Unsent | null> {
  const row = await db
    .selectFrom('databases')
    .select(['config_version', 'shared_version', 'announced_version'])
    .where('id', '=', databaseId)
    .executeTakeFirst()
  if (!row) return null
  const { config_version: version, shared_version, announced_version } = row
  return { version, since: BigInt(shared_version) > BigInt(announced_version) ? null : announced_version }
}

/** Read after the versions: a key that is missed then has a later one. */
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

async function listUnsent(db: Kysely<Tables>): Promise<string[]> {
  const rows = await db
    .selectFrom('databases')
    .select('id')
    .whereRef('config_version', '>', 'announced_version')
    .orderBy('id')
    .limit(MOST_AT_ONCE)
    .execute()
  return rows.map(({ id }) => id)
}
