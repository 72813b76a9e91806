import { EngineError, type EngineErrorCode } from '@db9/engine'
import type { ApiErrorCode } from '@db9/types/errors'
import { ApiError } from '../errors.ts'

/** How a failure of the engine is answered, and whether the same step may succeed a little later. */
const ENGINE_FAILURES: Record<EngineErrorCode, { code: ApiErrorCode; passes: boolean }> = {
  not_found: { code: 'unavailable', passes: false },
  unavailable: { code: 'unavailable', passes: true },
  at_capacity: { code: 'unavailable', passes: true },
  unsupported: { code: 'unprocessable', passes: false },
  out_of_window: { code: 'unprocessable', passes: false },
  no_space: { code: 'unavailable', passes: false },
  too_large: { code: 'unprocessable', passes: false },
  corrupt: { code: 'unprocessable', passes: false },
  failed: { code: 'unavailable', passes: false },
}

/** Whether a step that failed so is tried again. */
export function isPassing(error: unknown): boolean {
  return error instanceof EngineError && ENGINE_FAILURES[error.code].passes
}

/** Why it failed, in words for the caller; whatever was not written for callers is an internal error. */
export function reasonOf(error: unknown): string {
  if (error instanceof EngineError || error instanceof ApiError) return error.message
  return error instanceof Error && error.name === 'DeadlinePassed' ? error.message : 'internal error'
}

/** A failure as the REST API answers it; `what` says what could not be done. */
export function toApiError(what: string, error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const code = error instanceof EngineError ? ENGINE_FAILURES[error.code].code : 'unavailable'
  const retryAfter = code === 'unavailable' ? 5 : undefined
  return new ApiError(code, `${what}: ${reasonOf(error)}`, {
    cause: error,
    ...(retryAfter !== undefined && { retryAfter }),
  })
}
