import type { BatchResult, ROUTES } from '@db9/types'
import { ApiError } from '../errors.ts'
import type { Handler } from '../http/call.ts'
import { createOne } from './create.ts'

/** Creates that run at once; more would only wait for the processors. */
const CONCURRENCY = 8

/** Each database by itself, in the order of the request; what cannot be made is told and does not stop the others. */
export const createDatabases: Handler<typeof ROUTES.createDatabases> = async (services, call) => {
  const { databases, project_id } = call.body
  const results: PromiseSettledResult<BatchResult['created'][number]>[] = []
  const queue = databases.entries()
  const work = async () => {
    for (const [index, item] of queue) {
      // The key is the whole request's, and no single database's reply may take its place.
      const request = { ...call.request, idempotencyId: null }
      const creating = createOne(services, { ...call, request, body: { ...item, project_id } })
      results[index] = (await Promise.allSettled([creating]))[0]
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))

  const body: BatchResult = { created: [], failed: [], total_requested: databases.length, total_created: 0 }
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') body.created.push(result.value)
    else body.failed.push({ index, name: databases[index]?.name ?? '', error: toFailure(result.reason) })
  }
  body.total_created = body.created.length
  return { status: 200, body }
}

function toFailure(error: unknown): BatchResult['failed'][number]['error'] {
  if (error instanceof ApiError) return { message: error.message, code: error.code, status: error.status }
  return { message: 'internal error', code: 'internal', status: 500 }
}
