/** The route that makes several databases. */
import type { BatchResult, ROUTES } from '@db9/types'
import type { ApiErrorCode } from '@db9/types/errors'
import type { Caller } from '../auth/caller.ts'
import { ApiError } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import { type CreateDeps, createOne } from './create.ts'
import { type CredentialDeps, toCredentials, toDatabase } from './view.ts'

/** Databases that are made at once; more would only wait for the processors. */
const CONCURRENCY = 8

type BatchDeps = CreateDeps & CredentialDeps
type Result = PromiseSettledResult<BatchResult['created'][number]>

/**
 * Makes each database by itself, in the order of the request; a database that cannot be made is named with the reason,
 * and the others are made. With an Idempotency-Key each job names its place in the batch: after a crash the same request
 * finds what was made and makes the rest.
 */
export const createDatabases: Handler<typeof ROUTES.createDatabases, BatchDeps> = async (deps, call) => {
  const { databases, project_id } = call.body
  const batchId = call.request.idempotencyId
  const results = batchId === null ? new Map<number, Result>() : await readEarlier(deps, call, batchId)
  const queue = [...databases.entries()].filter(([index]) => !results.has(index)).values()
  const work = async () => {
    for (const [index, item] of queue) {
      // The key belongs to the whole request: a single database's reply must not take its place.
      const request = { ...call.request, idempotencyId: null }
      const batch = batchId === null ? null : { id: batchId, index }
      const creating = createOne(deps, { ...call, request, body: { ...item, project_id }, batch })
      results.set(index, (await Promise.allSettled([creating]))[0])
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))

  const body: BatchResult = { created: [], failed: [], total_requested: databases.length, total_created: 0 }
  for (const [index, { name }] of databases.entries()) {
    const result = results.get(index)
    if (!result) continue
    if (result.status === 'fulfilled') body.created.push(result.value)
    else body.failed.push({ index, name, error: toFailure(result.reason) })
  }
  body.total_created = body.created.length
  return { status: 200, body }
}

/** How the places of the batch ended that an earlier run of the same request had begun; none of them still runs. */
async function readEarlier(
  deps: BatchDeps,
  { caller }: { caller: Caller },
  batchId: string,
): Promise<Map<number, Result>> {
  const rows = await deps.db
    .selectFrom('operations as o')
    .innerJoin('databases as d', 'd.id', 'o.database_id')
    .selectAll('d')
    .select(['o.batch_index', 'o.status', 'o.error'])
    .where('o.batch_id', '=', batchId)
    .execute()
  const resultOf = ({ status, error, ...row }: (typeof rows)[number]): Result => {
    // Another account has adopted it meanwhile: its credentials are that account's.
    if (row.customer_id !== caller.customerId) return rejected('not_found', 'the database was made and moved')
    if (status === 'failed') return rejected('unavailable', `the database is not created: ${error}`)
    return { status: 'fulfilled', value: { ...toDatabase(row), ...toCredentials(deps, row) } }
  }
  return new Map(rows.map((row) => [Number(row.batch_index), resultOf(row)]))
}

function rejected(code: ApiErrorCode, message: string): PromiseRejectedResult {
  return { status: 'rejected', reason: new ApiError(code, message) }
}

function toFailure(error: unknown): BatchResult['failed'][number]['error'] {
  if (error instanceof ApiError) return { message: error.message, code: error.code, status: error.status }
  return { message: 'internal error', code: 'internal', status: 500 }
}
