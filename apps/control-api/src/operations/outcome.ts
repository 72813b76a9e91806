import { ApiError } from '../errors.ts'
import type { Outcome } from '../jobs/runner.ts'
import type { OperationRow } from '../metadata/tables.ts'
import { toApiError } from './failures.ts'

/**
 * The reply's body of an operation that was waited for. Throws where it failed, and where it goes on later; `what` says
 * what is not the case then.
 */
export function bodyOf<T>(operation: OperationRow, outcome: Outcome, what: string): T {
  if (outcome.kind === 'done') return outcome.reply?.body as T
  if (outcome.kind === 'failed') throw toApiError(what, outcome.error)
  throw new ApiError('unavailable', `${what} yet; the operation goes on by itself`, {
    fields: { operation_id: operation.id },
    retryAfter: 5,
  })
}
