/** Error replies of the REST API and the internal API. */
import { isConnectionException, isServerUnavailable } from '@db9/postgres/sqlstate'
import type { Context } from 'hono'
import type { Logger } from 'pino'
import { ApiError, toErrorReply } from '../errors.ts'
import type { AppEnv } from './env.ts'

/** The reply to an error: an ApiError as it says, any other error as 500 with the id of its line in the log. */
export function toErrorResponse(error: unknown, c: Context<AppEnv>, log: Logger): Response {
  const requestId = c.var.request?.id ?? 'none'
  if (error instanceof ApiError) {
    if (error.cause !== undefined) log.warn({ err: error.cause, request_id: requestId }, error.message)
    if (error.retryAfter !== null) c.header('Retry-After', String(error.retryAfter))
    if (error.status === 401) c.header('WWW-Authenticate', 'Bearer')
    return c.json(toErrorReply(error), error.status as 400)
  }
  log.error({ err: error, request_id: requestId }, 'request failed')
  if (isUnavailable(error)) {
    c.header('Retry-After', '1')
    return c.json({ message: 'the service is restarting; try again', code: 'unavailable' }, 503)
  }
  return c.json({ message: 'internal error', code: 'internal', request_id: requestId }, 500)
}

/** Error codes of the system while the metadata restarts; SQLSTATEs and messages of pg say it too. */
const NOT_REACHED: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE'])
const ENDED = /^Connection terminated/

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, syscall } = error as Error & { code?: unknown; syscall?: unknown }
  if (code === 'ENOENT' && syscall !== 'connect') return false
  if (NOT_REACHED.has(code) || ENDED.test(error.message)) return true
  return typeof code === 'string' && (isServerUnavailable(code) || isConnectionException(code))
}
