import { REQUEST_ID_HEADER } from '@db9/types/internal'
import type { Context } from 'hono'
import type { Logger } from 'pino'
import { ApiError, toErrorReply } from '../errors.ts'
import type { AppEnv } from './env.ts'

/** Answers what was thrown: an ApiError as it says, anything else as 500 with an id to find it in the log by. */
export function toErrorResponse(error: unknown, c: Context<AppEnv>, log: Logger): Response {
  const requestId = c.var.request?.id ?? c.req.header(REQUEST_ID_HEADER) ?? 'none'
  if (error instanceof ApiError) {
    if (error.cause !== undefined) log.warn({ err: error.cause, request_id: requestId }, error.message)
    if (error.retryAfter !== null) c.header('Retry-After', String(error.retryAfter))
    if (error.status === 401) c.header('WWW-Authenticate', 'Bearer')
    return c.json(toErrorReply(error), error.status as 400)
  }
  log.error({ err: error, request_id: requestId }, 'request failed')
  return c.json({ message: 'internal error', code: 'internal', request_id: requestId }, 500)
}
