/** The reply to a request that waited for its job. */
import { ApiError } from '../errors.ts'
import type { JobOutcome } from '../jobs/runner.ts'
import type { JobRow } from '../metadata/tables.ts'
import { toApiError } from './failures.ts'

/** The reply's body. Throws where the job failed, and where it goes on later; `what` says what was not done. */
export function bodyOf<T>(job: JobRow, outcome: JobOutcome, what: string): T {
  if (outcome.kind === 'done') return outcome.result?.body as T
  if (outcome.kind === 'failed') throw toApiError(what, outcome.error)
  throw new ApiError('unavailable', `${what} yet; the operation goes on by itself`, {
    fields: { operation_id: job.id },
    retryAfter: 5,
  })
}
