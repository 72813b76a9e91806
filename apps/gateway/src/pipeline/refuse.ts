/**
 * The one form of a refusal in the pipeline: a `QueryError` that a step returns in place of its result. What a handler
 * throws becomes one in `toRefusal`.
 */
import { QueryError } from '@db9/query'
import { refusals } from '../http/refusals.ts'
import { logError } from '../log.ts'
import type { DataRequest } from './incoming.ts'

export type Refusal = QueryError

export function isRefusal(value: unknown): value is Refusal {
  return value instanceof QueryError
}

/** The refusal for an error that was thrown. An unexpected error is logged, and answered without its text. */
export function toRefusal(error: unknown, request: DataRequest, service: string): Refusal {
  if (isRefusal(error)) return error
  const { method, requestId, target } = request
  const route = `${method} ${service}`
  logError(error, { request_id: requestId, route, database_id: target.databaseId })
  return refusals.internal()
}
