/** Failures of the engine and of the other parts: how the REST API answers them, and whether a job tries again. */
import { EngineError, type EngineErrorCode } from '@db9/engine'
import type { ApiErrorCode } from '@db9/types/errors'
import { ApiError } from '../errors.ts'
import { Cancelled, DeadlinePassed, type FailureRules } from '../jobs/retry.ts'
import { PartUnavailable } from '../parts/call-part.ts'

/** The code of the reply, and whether the same step may succeed a little later. */
const ENGINE_FAILURES: Record<EngineErrorCode, { code: ApiErrorCode; isTransient: boolean }> = {
  not_found: { code: 'unavailable', isTransient: false },
  unavailable: { code: 'unavailable', isTransient: true },
  at_capacity: { code: 'unavailable', isTransient: true },
  unsupported: { code: 'unprocessable', isTransient: false },
  out_of_window: { code: 'unprocessable', isTransient: false },
  no_space: { code: 'unavailable', isTransient: false },
  too_large: { code: 'unprocessable', isTransient: false },
  corrupt: { code: 'unprocessable', isTransient: false },
  failed: { code: 'unavailable', isTransient: false },
}

/** Why it failed, in words for the caller. An error that was not written for callers is an internal error. */
function reasonOf(error: unknown): string {
  const isForCallers =
    error instanceof EngineError ||
    error instanceof ApiError ||
    error instanceof PartUnavailable ||
    error instanceof Cancelled ||
    error instanceof DeadlinePassed
  return isForCallers ? error.message : 'internal error'
}

/** What the job runner has to know of errors. */
export const FAILURE_RULES: FailureRules = {
  isTransient: (error) =>
    error instanceof PartUnavailable ||
    (error instanceof EngineError && ENGINE_FAILURES[error.code].isTransient),
  reasonOf,
}

/** A failure as the REST API answers it; `what` says what could not be done. */
export function toApiError(what: string, error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof Cancelled) return new ApiError('conflict', `${what}: ${error.message}`)
  const code = error instanceof EngineError ? ENGINE_FAILURES[error.code].code : 'unavailable'
  const retryAfter = code === 'unavailable' ? 5 : undefined
  return new ApiError(code, `${what}: ${reasonOf(error)}`, {
    cause: error,
    ...(retryAfter !== undefined && { retryAfter }),
  })
}
