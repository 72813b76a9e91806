/** The errors that a caller may see. */
import type { ErrorReply } from '@db9/types'
import { API_ERROR_STATUS, type ApiErrorCode } from '@db9/types/errors'

export interface ApiErrorOptions {
  /** Further fields of the reply. */
  fields?: Partial<Omit<ErrorReply, 'message'>>
  /** Seconds after which the caller may try again. */
  retryAfter?: number
  /** For the log alone. */
  cause?: unknown
}

/** A refusal with a message written for the caller. Any other error is answered as "internal error". */
export class ApiError extends Error {
  readonly code: ApiErrorCode
  readonly status: number
  readonly fields: NonNullable<ApiErrorOptions['fields']>
  readonly retryAfter: number | null

  constructor(code: ApiErrorCode, message: string, { fields = {}, retryAfter, cause }: ApiErrorOptions = {}) {
    super(message, { cause })
    this.name = 'ApiError'
    this.code = code
    this.status = API_ERROR_STATUS[code]
    this.fields = fields
    this.retryAfter = retryAfter ?? null
  }
}

/** The reply's body: `{message, code, …}`. */
export function toErrorReply(error: ApiError): ErrorReply {
  return { message: error.message, code: error.code, ...error.fields }
}

/** Well-formed input that makes no sense: 422. `field` names it as the request wrote it. */
export function unprocessable(field: string, problem: string): ApiError {
  return new ApiError('unprocessable', `${field}: ${problem}`)
}
