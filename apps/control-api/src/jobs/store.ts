/** The rows of jobs: written, leased, changed under the lease, and taken over. */
import type { OperationProgress } from '@db9/types'
import { newId } from '@db9/types/ids'
import type { ExpressionBuilder, Kysely, Transaction, Updateable } from 'kysely'
import type { JobRow, Tables } from '../metadata/tables.ts'
import type { JobKind } from './definition.ts'

/** Milliseconds. The heartbeat renews the lease at a third of it while the job runs. */
export const LEASE_MS = 30_000

/** A place in a batch. A unique index refuses a second job for it. */
export interface BatchPlace {
  /** The claim of the batch's Idempotency-Key. */
  id: string
  index: number
}

export interface NewJob {
  kind: JobKind
  customerId: string
  /** The database that the job changes; null where it changes none or several. */
  databaseId: string | null
  sourceId?: string | null
  backupId?: string | null
  input?: unknown
  /** The claim of the Idempotency-Key that gets the job's result as its reply. */
  idempotencyId?: string | null
  /** The place in a batch that has an Idempotency-Key. */
  batch?: BatchPlace | null
  /** Milliseconds since the epoch. */
  now: number
}

/** Writes a job that is leased to `runId`, in the transaction of the request that asks for it. */
export async function insertJob(
  trx: Transaction<Tables>,
  { runId, deadlineMs }: { runId: string; deadlineMs: number | null },
  job: NewJob,
): Promise<JobRow> {
  const { kind, now } = job
  return trx
    .insertInto('operations')
    .values({
      id: newId('operation', now),
      customer_id: job.customerId,
      database_id: job.databaseId,
      source_id: job.sourceId ?? null,
      backup_id: job.backupId ?? null,
      kind,
      status: 'running',
      input: JSON.stringify(job.input ?? {}),
      deadline_at: deadlineMs === null ? null : new Date(now + deadlineMs),
      lease_owner: runId,
      lease_until: new Date(now + LEASE_MS),
      attempt: 1,
      idempotency_id: job.idempotencyId ?? null,
      batch_id: job.batch?.id ?? null,
      batch_index: job.batch?.index ?? null,
      created_at: new Date(now),
      updated_at: new Date(now),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** How a job names what it works on. */
export type JobSubject = 'database_id' | 'source_id' | 'backup_id'

/** A running job that names `id` as `subject`. */
export function findRunningJob(
  trx: Transaction<Tables>,
  subject: JobSubject,
  id: string,
): Promise<Pick<JobRow, 'id' | 'kind'> | undefined> {
  return trx
    .selectFrom('operations')
    .select(['id', 'kind'])
    .where(subject, '=', id)
    .where('status', '=', 'running')
    .executeTakeFirst()
}

/** A condition on a query of databases or backups: no running job changes the row. */
export function hasNoJob(table: 'databases' | 'backups') {
  const name = table === 'databases' ? 'operations.database_id' : 'operations.backup_id'
  return ({ not, exists, selectFrom }: ExpressionBuilder<Tables, 'databases' | 'backups'>) =>
    not(
      exists(
        selectFrom('operations')
          .select('operations.id')
          .whereRef(name, '=', `${table}.id`)
          .where('operations.status', '=', 'running'),
      ),
    )
}

/** Another runner has taken the job over: its writes count, and ours are refused. */
export class Superseded extends Error {
  constructor() {
    super('the job was taken over by another runner')
    this.name = 'Superseded'
  }
}

/** Writes to a job whose attempt is still ours. Throws `Superseded` where it is not. */
export async function updateJob(
  db: Kysely<Tables> | Transaction<Tables>,
  { id, attempt }: JobRow,
  change: Updateable<Tables['operations']>,
): Promise<JobRow> {
  const updated = await db
    .updateTable('operations')
    .set(change)
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('status', '=', 'running')
    .returningAll()
    .executeTakeFirst()
  if (!updated) throw new Superseded()
  return updated
}

/** Renews the lease, and stores what the step has done so far. */
export function renewLease(
  { db, clock }: { db: Kysely<Tables>; clock: () => number },
  job: JobRow,
  progress: OperationProgress | null,
): Promise<JobRow> {
  return updateJob(db, job, {
    lease_until: new Date(clock() + LEASE_MS),
    ...(progress && { progress: JSON.stringify(progress) }),
  })
}

export interface TakeOverOptions {
  /** Names this run of the API as the holder of leases. */
  runId: string
  /** Ids of jobs that run here; they are left alone, though their lease may have lapsed. */
  running: string[]
  /** Also takes jobs whose lease still holds: for the start, when no other runner is left. */
  all: boolean
  /** Milliseconds since the epoch. */
  now: number
}

/** Takes over one job that no runner is at: it waits for its next try, or its lease has lapsed. */
export function takeOverOne(
  db: Kysely<Tables>,
  { id, runId, now }: { id: string; runId: string; now: number },
): Promise<JobRow | undefined> {
  return db
    .updateTable('operations')
    .set(taken(runId, now))
    .where('id', '=', id)
    .where('status', '=', 'running')
    .where((eb) => eb.or([eb('lease_owner', '=', runId), eb('lease_until', '<=', new Date(now))]))
    .returningAll()
    .executeTakeFirst()
}

/** What a runner writes that takes a job over. */
function taken(runId: string, now: number) {
  return (eb: ExpressionBuilder<Tables, 'operations'>) => ({
    lease_owner: runId,
    lease_until: new Date(now + LEASE_MS),
    attempt: eb('attempt', '+', 1),
    updated_at: new Date(now),
  })
}

/** Takes over the jobs that have no runner, and raises their attempt. */
export async function takeOver(
  db: Kysely<Tables>,
  { runId, running, all, now }: TakeOverOptions,
): Promise<JobRow[]> {
  const others = db
    .updateTable('operations')
    .where('status', '=', 'running')
    .where((eb) => eb.not(eb('id', '=', eb.fn.any(eb.val(running)))))
  const abandoned = all
    ? others.where('lease_owner', '<>', runId)
    : others.where('lease_until', '<=', new Date(now))
  return abandoned.set(taken(runId, now)).returningAll().execute()
}
