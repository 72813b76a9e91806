import { EngineError, makeScramVerifier } from '@db9/engine'
import { newId } from '@db9/types/ids'
import type { Transaction } from 'kysely'
import type { Reply } from '../http/call.ts'
import { storeReply } from '../http/idempotency.ts'
import type { DatabaseRow, OperationRow, Tables } from '../metadata/tables.ts'
import type { Services } from '../services.ts'
import { openAdminPassword, toCredentials, toDatabase } from './reply.ts'

/**
 * Long operations are rows. The request's transaction writes the row beside what it changes; the steps on the engine can
 * each be repeated; the outcome is written in one transaction that names the attempt, so that of two runners one counts.
 * After a crash at any point `resumeOperations` ends the operation: done, or cleanly failed.
 */

const LEASE_MS = 60_000
const RETRY_MS = 10_000

export interface NewOperation {
  databaseId: string
  kind: OperationRow['kind']
  idempotencyId: string | null
  now: number
}

export async function insertOperation(
  trx: Transaction<Tables>,
  { runId }: Services,
  { databaseId, kind, idempotencyId, now }: NewOperation,
): Promise<OperationRow> {
  return trx
    .insertInto('operations')
    .values({
      id: newId('operation', now),
      database_id: databaseId,
      kind,
      status: 'running',
      lease_owner: runId,
      lease_until: new Date(now + LEASE_MS),
      attempt: 1,
      idempotency_id: idempotencyId,
      created_at: new Date(now),
      updated_at: new Date(now),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** How an operation ended. `retrying`: the engine failed and the operation will be tried again. */
export type Outcome =
  | { kind: 'done'; reply: Reply }
  | { kind: 'failed'; error: unknown }
  | { kind: 'retrying' }

const STEPS: Record<OperationRow['kind'], (services: Services, operation: OperationRow) => Promise<Outcome>> =
  {
    create: runCreate,
    delete: runDelete,
  }

/** Runs an operation whose lease is ours. */
export async function runOperation(services: Services, operation: OperationRow): Promise<Outcome> {
  services.underway.add(operation.id)
  try {
    return await STEPS[operation.kind](services, operation)
  } finally {
    services.underway.delete(operation.id)
  }
}

async function runCreate(services: Services, operation: OperationRow): Promise<Outcome> {
  const { db, engine, sealer, log } = services
  const database = await databaseOf(services, operation)
  try {
    const adminVerifier = makeScramVerifier(openAdminPassword(sealer, database))
    await engine.create({ id: database.id, adminVerifier })
  } catch (error) {
    log.error({ err: error, database_id: database.id }, 'create failed')
    const reason = error instanceof EngineError ? error.message : 'internal error'
    // First the outcome, which only the runner that still holds the operation may write; then the remains. Should we
    // die in between, the next start removes what no live database owns.
    await db.transaction().execute(async (trx) => {
      await endOperation(trx, services, operation, { status: 'failed', error: reason })
      await setState(trx, services, database.id, { state: 'CREATE_FAILED', state_reason: reason })
    })
    await engine
      .destroy(database.id)
      .catch((cause: unknown) => log.error({ err: cause }, 'cleaning up failed'))
    return { kind: 'failed', error }
  }

  return db.transaction().execute(async (trx) => {
    await endOperation(trx, services, operation, { status: 'done' })
    const active = await setState(trx, services, database.id, { state: 'ACTIVE', state_reason: null })
    const reply = { status: 201, body: { ...toDatabase(active), ...toCredentials(services, active) } }
    if (operation.idempotency_id) await storeReply(trx, sealer, { id: operation.idempotency_id, reply })
    return { kind: 'done', reply }
  })
}

async function runDelete(services: Services, operation: OperationRow): Promise<Outcome> {
  const { db, engine, log } = services
  try {
    // A grace period, when it comes, stops the server here and leaves the destroying to an operation of its own.
    await engine.destroy(operation.database_id)
  } catch (error) {
    log.error({ err: error, database_id: operation.database_id }, 'delete failed, will be tried again')
    const lease_until = new Date(services.clock() + RETRY_MS)
    const message = error instanceof EngineError ? error.message : 'internal error'
    await db
      .updateTable('operations')
      .set({ lease_until, error: message })
      .where('id', '=', operation.id)
      .where('attempt', '=', operation.attempt)
      .execute()
    return { kind: 'retrying' }
  }
  return db.transaction().execute(async (trx) => {
    await endOperation(trx, services, operation, { status: 'done' })
    await setState(trx, services, operation.database_id, { state: 'DISABLED', state_reason: null })
    return { kind: 'done', reply: { status: 200, body: { message: 'Database disabled' } } }
  })
}

function databaseOf({ db }: Services, operation: OperationRow): Promise<DatabaseRow> {
  return db
    .selectFrom('databases')
    .selectAll()
    .where('id', '=', operation.database_id)
    .executeTakeFirstOrThrow()
}

/** Throws where another runner has taken the operation over: its outcome counts, not ours. */
async function endOperation(
  trx: Transaction<Tables>,
  { clock }: Services,
  operation: OperationRow,
  end: { status: 'done' } | { status: 'failed'; error: string },
): Promise<void> {
  const ended = await trx
    .updateTable('operations')
    .set({ ...end, updated_at: new Date(clock()) })
    .where('id', '=', operation.id)
    .where('attempt', '=', operation.attempt)
    .where('status', '=', 'running')
    .returning('id')
    .executeTakeFirst()
  if (!ended) throw new Error(`operation ${operation.id} was taken over`)
}

function setState(
  trx: Transaction<Tables>,
  { clock }: Services,
  id: string,
  change: Pick<DatabaseRow, 'state' | 'state_reason'>,
): Promise<DatabaseRow> {
  return trx
    .updateTable('databases')
    .set((eb) => ({
      ...change,
      updated_at: new Date(clock()),
      config_version: eb('config_version', '+', '1'),
    }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/**
 * Takes over operations and runs each to its end. `all`: also those whose lease still holds, for the start, when whoever
 * held it is gone. Returns how many were taken.
 */
export async function resumeOperations(services: Services, { all }: { all: boolean }): Promise<number> {
  const { db, runId, underway, clock, log } = services
  const now = clock()
  const running = db
    .updateTable('operations')
    .where('status', '=', 'running')
    .where((eb) => eb.not(eb('id', '=', eb.fn.any(eb.val([...underway])))))
  const abandoned = all
    ? running.where('lease_owner', '<>', runId)
    : running.where('lease_until', '<=', new Date(now))
  const taken = await abandoned
    .set((eb) => ({
      lease_owner: runId,
      lease_until: new Date(now + LEASE_MS),
      attempt: eb('attempt', '+', 1),
      updated_at: new Date(now),
    }))
    .returningAll()
    .execute()
  for (const operation of taken) {
    const outcome = await runOperation(services, operation)
    log.info(
      { operation: operation.kind, database_id: operation.database_id, outcome: outcome.kind },
      'operation resumed',
    )
  }
  return taken.length
}
