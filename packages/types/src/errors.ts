/**
 * What the REST API answers when it refuses: the code is stable and for programs, the message is for people.
 * A failing SQL statement is the one exception: its `code` is the SQLSTATE.
 */
export const API_ERROR_STATUS = {
  invalid_request: 400,
  unauthorized: 401,
  forbidden: 403,
  quota_exceeded: 403,
  registration_closed: 403,
  not_found: 404,
  request_timeout: 408,
  conflict: 409,
  name_taken: 409,
  identity_taken: 409,
  database_not_active: 409,
  operation_in_progress: 409,
  idempotency_in_flight: 409,
  result_too_large: 413,
  body_too_large: 413,
  misdirected: 421,
  unprocessable: 422,
  idempotency_mismatch: 422,
  sql_failed: 422,
  rate_limited: 429,
  headers_too_large: 431,
  internal: 500,
  unavailable: 503,
  at_capacity: 503,
} as const

export type ApiErrorCode = keyof typeof API_ERROR_STATUS
