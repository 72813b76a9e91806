/** GET /customer/self-check: compares what there is with what the rows say. */
import type { DatabaseEngine, EngineInventory, KnownData } from '@db9/engine'
import type { ROUTES, SelfCheck } from '@db9/types'
import type { Kysely } from 'kysely'
import type { Handler } from '../http/call.ts'
import type { JobRow, Tables } from '../metadata/tables.ts'
import { toApiError } from '../operations/failures.ts'
import { listKnownData } from './inventory.ts'
import { toServerFacts } from './server-facts.ts'

export interface CheckDeps {
  db: Kysely<Tables>
  engine: Pick<DatabaseEngine, 'inspect' | 'facts' | 'osUid'>
  /** Milliseconds since the epoch. */
  clock: () => number
}

type Finding = SelfCheck['findings'][number]

/** Ids of what should be there. */
interface Promised {
  live: string[]
  deleted: string[]
  backups: string[]
  /** The user of the machine of each live or deleted database that has one. */
  osUids: Map<string, number>
}

export const checkInstallation: Handler<typeof ROUTES.checkInstallation, CheckDeps> = async (deps) => ({
  status: 200,
  body: await selfCheck(deps).catch((error: unknown) => {
    throw toApiError('the check is not made', error)
  }),
})

/** Compares what is on disk and in memory with the rows. Wakes and changes nothing. */
export async function selfCheck({ db, engine, clock }: CheckDeps): Promise<SelfCheck> {
  const beganAt = new Date(clock())
  // The rows before and after: a change that a job made meanwhile is no difference.
  const before = await listKnownData(db)
  const inventory = await engine.inspect()
  const after = await listKnownData(db)
  const promised = await listPromised(db)
  // Jobs are read last, so that a job that changed what was read above is among them.
  const meanwhile = await jobsSince(db, beganAt)
  const running = meanwhile.filter(({ status }) => status === 'running')
  const inWork = new Set(meanwhile.flatMap(({ database_id, backup_id }) => [database_id, backup_id]))

  const findings = [
    ...findMissing(inventory, promised).filter(({ id }) => !inWork.has(id)),
    ...findOtherOwners(engine, promised).filter(({ id }) => !inWork.has(id)),
    ...findStrays(inventory, [before, after]),
    ...findLeftovers(inventory).filter(({ id }) => !inWork.has(id.split('.')[0] ?? id)),
    ...inventory.archiveFailures.map(
      ({ id, since }): Finding => ({
        subject: 'database',
        id,
        problem: `its write-ahead log does not reach the archive since ${since.toISOString()}: look for space and rights of the archive's folder`,
      }),
    ),
    ...findLate(running, clock()),
  ]
  return {
    ok: findings.length === 0,
    running_operations: running.length,
    databases: inventory.databases.length,
    awake: inventory.running.length,
    deleted_databases: inventory.softDeleted.length,
    backups: inventory.backups.length,
    server: toServerFacts(engine),
    findings,
  }
}

/** Jobs that run, or ran at any moment from `since` on. */
function jobsSince(db: Kysely<Tables>, since: Date): Promise<JobRow[]> {
  return db
    .selectFrom('operations')
    .selectAll()
    .where((eb) => eb.or([eb('status', '=', 'running'), eb('updated_at', '>=', since)]))
    .execute()
}

async function listPromised(db: Kysely<Tables>): Promise<Promised> {
  const databases = await db
    .selectFrom('databases')
    .select(['id', 'state', 'os_uid'])
    .where('state', 'in', ['ACTIVE', 'DISABLED'])
    .where('purged_at', 'is', null)
    .execute()
  const backups = await db.selectFrom('backups').select('id').where('state', '=', 'ready').execute()
  const idsOf = (state: string) => databases.filter((row) => row.state === state).map(({ id }) => id)
  const osUids = new Map(
    databases.flatMap(({ id, os_uid }) => (os_uid === null ? [] : [[id, Number(os_uid)] as const])),
  )
  return { live: idsOf('ACTIVE'), deleted: idsOf('DISABLED'), backups: backups.map(({ id }) => id), osUids }
}

/** Databases whose files are not those of the user that the metadata records. */
function findOtherOwners(engine: Pick<DatabaseEngine, 'osUid'>, { osUids }: Promised): Finding[] {
  return [...osUids].flatMap(([id, recorded]): Finding[] => {
    const found = engine.osUid(id)
    if (found === null || found === recorded) return []
    const problem =
      `its files belong to user ${found}, and the metadata says ${recorded}: while it sleeps, ` +
      `run chown -R -h ${recorded}:${recorded} on the data and inbox of its folder`
    return [{ subject: 'database', id, problem }]
  })
}

/** Data that the rows name and that is not there. */
function findMissing(inventory: EngineInventory, { live, deleted, backups }: Promised): Finding[] {
  const absent = (ids: string[], there: string[]) => ids.filter((id) => !there.includes(id))
  return [
    ...absent(live, inventory.databases).map(
      (id): Finding => ({
        subject: 'database',
        id,
        problem: 'it has no data: restore its folder, or delete it',
      }),
    ),
    ...absent(deleted, inventory.softDeleted).map(
      (id): Finding => ({
        subject: 'database',
        id,
        problem: 'it was deleted and its data is not there: it cannot be recovered',
      }),
    ),
    ...absent(backups, inventory.backups).map(
      (id): Finding => ({ subject: 'backup', id, problem: 'it is not in the store: delete it' }),
    ),
  ]
}

/** Data that is there and that no row names, neither before nor after the look at the disk. */
function findStrays(inventory: EngineInventory, known: [KnownData, KnownData]): Finding[] {
  const strays = (
    ids: string[],
    sort: Exclude<keyof KnownData, 'osUids'>,
    subject: Finding['subject'],
    problem: string,
  ) =>
    ids
      .filter((id) => !known.some((each) => each[sort].has(id)))
      .map((id): Finding => ({ subject, id, problem }))
  return [
    ...strays(
      inventory.databases,
      'live',
      'database',
      'data that serves, of a database that does not; the next start removes it',
    ),
    ...strays(
      inventory.running,
      'live',
      'database',
      'a server that runs for a database that does not serve; the next start removes it',
    ),
    ...strays(
      inventory.softDeleted,
      'retained',
      'database',
      'data of a deleted database that is past recovery; the next start removes it',
    ),
    ...strays(
      inventory.staged,
      'staged',
      'database',
      'a copy that no operation makes; the next start removes it',
    ),
    ...strays(
      inventory.backups,
      'backups',
      'backup',
      'a backup that no row names: it stays, remove it from the store by hand',
    ),
  ]
}

/** Data that is half made or half removed. */
function findLeftovers({ leftovers }: EngineInventory): Finding[] {
  return leftovers.map((id) => ({
    subject: 'leftover',
    id,
    problem:
      'what a crash left, or what could not be removed; the next start removes it, or its log says why not',
  }))
}

function findLate(running: JobRow[], now: number): Finding[] {
  return running
    .filter(
      ({ failures, deadline_at }) => failures > 2 || (deadline_at !== null && deadline_at.getTime() < now),
    )
    .map(({ id, kind, error, failures }) => ({
      subject: 'operation',
      id,
      problem: `${kind} failed ${failures} times and is tried again: ${error ?? 'it is past its time'}`,
    }))
}
