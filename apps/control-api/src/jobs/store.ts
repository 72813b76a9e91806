import type { OperationKindName, OperationProgress } from '@db9/types'
import { newId } from '@db9/types/ids'
import type { ExpressionBuilder, Kysely, Transaction, Updateable } from 'kysely'
import { lockDatabase } from '../databases/store.ts'
import { ApiError } from '../errors.ts'
import { OPERATION_KINDS } from '../job-definitions.ts'
import type { OperationRow, Tables } from '../metadata/tables.ts'
import type { Services } from '../services.ts'

/** Renewed at a third of it while the operation runs. */
export const LEASE_MS = 30_000

/** A place in a batch: whoever asks for it again is refused by a unique index. */
export interface BatchPlace {
  /** The claim of the batch's Idempotency-Key. */
  id: string
  index: number
}

export interface NewOperation {
  kind: OperationKindName
  customerId: string
  databaseId: string | null
  sourceId?: string | null
  backupId?: string | null
  input?: unknown
  /** The reply that is owed to an Idempotency-Key once the operation has ended. */
  idempotencyId?: string | null
  /** The batch that asks for it, where that has an Idempotency-Key. */
  batch?: BatchPlace | null
  now: number
}

/** Writes an operation, leased to this run of the API, in the transaction of the request that asks for it. */
export async function insertOperation(
  trx: Transaction<Tables>,
  { runId }: Services,
  operation: NewOperation,
): Promise<OperationRow> {
  const { kind, now } = operation
  const { deadlineMs } = OPERATION_KINDS[kind]
  if (operation.databaseId !== null) await requireNotChanging(trx, operation.databaseId)
  return trx
    .insertInto('operations')
    .values({
      id: newId('operation', now),
      customer_id: operation.customerId,
      database_id: operation.databaseId,
      source_id: operation.sourceId ?? null,
      backup_id: operation.backupId ?? null,
      kind,
      status: 'running',
      input: JSON.stringify(operation.input ?? {}),
      deadline_at: deadlineMs === null ? null : new Date(now + deadlineMs),
      lease_owner: runId,
      lease_until: new Date(now + LEASE_MS),
      attempt: 1,
      idempotency_id: operation.idempotencyId ?? null,
      batch_id: operation.batch?.id ?? null,
      batch_index: operation.batch?.index ?? null,
      created_at: new Date(now),
      updated_at: new Date(now),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

async function requireNone(
  trx: Transaction<Tables>,
  column: 'database_id' | 'source_id' | 'backup_id',
  id: string,
): Promise<void> {
  const running = await trx
    .selectFrom('operations')
    .select(['id', 'kind'])
    .where(column, '=', id)
    .where('status', '=', 'running')
    .executeTakeFirst()
  if (!running) return
  const subject = column === 'backup_id' ? 'backup' : 'database'
  const message = `the ${subject} is busy: ${running.kind.replace('_', ' ')} is running; try again when it has ended`
  throw new ApiError('operation_in_progress', message, {
    fields: { operation_id: running.id },
    retryAfter: 1,
  })
}

/** Whether no operation is at the row: a condition on a query of these databases or backups. */
export function isLeftAlone(table: 'databases' | 'backups') {
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

/** 409 with the operation that changes the database. Its row is locked, so that none begins meanwhile. */
export async function requireNotChanging(trx: Transaction<Tables>, databaseId: string): Promise<void> {
  await lockDatabase(trx, databaseId)
  await requireNone(trx, 'database_id', databaseId)
}

/** 409 with the operation that reads the database: a branch or a backup that is being made of it. */
export function requireUnread(trx: Transaction<Tables>, databaseId: string): Promise<void> {
  return requireNone(trx, 'source_id', databaseId)
}

/** 409 with the operation that makes, reads or removes the backup. */
export function requireBackupUnused(trx: Transaction<Tables>, backupId: string): Promise<void> {
  return requireNone(trx, 'backup_id', backupId)
}

/** Another runner has taken the operation over: what it writes counts, and we let go. */
export class Superseded extends Error {
  constructor() {
    super('the operation was taken over by another runner')
    this.name = 'Superseded'
  }
}

/** Writes to an operation that is still ours. Throws `Superseded` where it is not. */
export async function updateOperation(
  db: Kysely<Tables> | Transaction<Tables>,
  { id, attempt }: OperationRow,
  change: Updateable<Tables['operations']>,
): Promise<OperationRow> {
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

/** Keeps the lease, and with it what the step has done so far. */
export function renewLease(
  { db, clock }: Services,
  operation: OperationRow,
  progress: OperationProgress | null,
): Promise<OperationRow> {
  return updateOperation(db, operation, {
    lease_until: new Date(clock() + LEASE_MS),
    ...(progress && { progress: JSON.stringify(progress) }),
  })
}

/**
 * Takes over operations that nobody runs. `all`: also those whose lease still holds, for the start, when whoever held it
 * is gone.
 */
export async function takeOver(
  { db, runId, underway, clock }: Services,
  { all }: { all: boolean },
): Promise<OperationRow[]> {
  const now = clock()
  const running = db
    .updateTable('operations')
    .where('status', '=', 'running')
    .where((eb) => eb.not(eb('id', '=', eb.fn.any(eb.val([...underway.keys()])))))
  const abandoned = all
    ? running.where('lease_owner', '<>', runId)
    : running.where('lease_until', '<=', new Date(now))
  return abandoned
    .set((eb) => ({
      lease_owner: runId,
      lease_until: new Date(now + LEASE_MS),
      attempt: eb('attempt', '+', 1),
      updated_at: new Date(now),
    }))
    .returningAll()
    .execute()
}
