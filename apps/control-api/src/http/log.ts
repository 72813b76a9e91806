/** Logs requests: a line of bounded length for each, and a bounded number of lines for refusals. */
import { REQUEST_ID_HEADER } from '@db9/types/internal'
import type { BucketRate } from '@db9/types/limits'
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { type Logger, pino } from 'pino'
import { createAddressLimiter } from '../address-limiter.ts'
import { ApiError, toErrorReply } from '../errors.ts'
import type { AppEnv } from './env.ts'

export interface RefusalLimits {
  /** Requests from one address that may be refused, at once and each hour after that; more are answered 429. */
  perAddress: BucketRate
  /** Refusals that are logged, of all addresses together. */
  logged: BucketRate
}

export const DEFAULT_REFUSAL_LIMITS: RefusalLimits = {
  perAddress: { burst: 300, perHour: 18_000 },
  logged: { burst: 1_000, perHour: 36_000 },
}

/** A rate that no address reaches. */
const NO_LIMIT: BucketRate = { burst: 1e9, perHour: 1e9 }
const MOST_CHARACTERS = 2_000

/** Errors are logged with each of their texts cut. */
export function boundedLogger(log: Logger): Logger {
  return log.child({}, { serializers: { err: cutError } })
}

function cutError(error: Error): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...pino.stdSerializers.err(error) }
  delete fields.raw
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, cut(value)]))
}

function cut(value: unknown): unknown {
  const text = typeof value === 'object' && value !== null ? String(value) : value
  return typeof text === 'string' && text.length > MOST_CHARACTERS
    ? `${text.slice(0, MOST_CHARACTERS)}…`
    : text
}

export interface LogDeps {
  log: Logger
  /** Milliseconds since the epoch. */
  clock: () => number
  refusalLimits: RefusalLimits
}

/**
 * Logs each request by its route, never by its path, and counts refusals by address. An address with too many gets 429
 * instead of 401 and 404, and no line in the log. Its requests with a valid token are served.
 */
export function logRequest({ log, clock, refusalLimits }: LogDeps): MiddlewareHandler<AppEnv> {
  const { perAddress, logged } = refusalLimits
  const refusals = createAddressLimiter({ perAddress, overall: NO_LIMIT })
  const lines = createAddressLimiter({ perAddress: NO_LIMIT, overall: logged })

  return async (c, next) => {
    const start = clock()
    await next()
    const { id: requestId, address = 'direct' } = c.var.request ?? {}
    const isInternal = c.req.path.startsWith('/internal/')
    if (!isInternal && isRefusal(c)) {
      const waitMs = refusals.take(address, clock())
      if (waitMs > 0) return refuse(c, waitMs)
      if (lines.take('all', clock()) > 0) return
    }
    if (requestId) c.header(REQUEST_ID_HEADER, requestId)
    if (isInternal && (isExpected(c) || lines.take('all', clock()) > 0)) return
    log.info(
      {
        request_id: requestId,
        customer_id: c.var.customerId,
        database_id: c.var.databaseId,
        method: c.req.method,
        route: routeOf(c),
        status: c.res.status,
        ms: clock() - start,
      },
      'request',
    )
  }
}

/** Strangers cause the calls between the parts; only a call that went wrong is worth a line. */
function isExpected({ res: { status } }: Context<AppEnv>): boolean {
  return status < 400 || status === 404
}

/** Whether strangers can cause the reply without a right to anything. */
function isRefusal(c: Context<AppEnv>): boolean {
  const { status } = c.res
  return status === 401 || status === 404 || (status >= 400 && status < 500 && !c.var.customerId)
}

/** Replaces 401 and 404, which tell a client whether a guessed token or id exists. */
function refuse(c: Context<AppEnv>, waitMs: number): void {
  if (c.res.status !== 401 && c.res.status !== 404) return
  const retryAfter = Math.ceil(waitMs / 1000)
  const error = new ApiError('rate_limited', 'too many requests from this address were refused', {
    retryAfter,
  })
  const headers = { 'Cache-Control': 'no-store', 'Retry-After': String(retryAfter) }
  c.res = undefined
  c.res = Response.json(toErrorReply(error), { status: 429, headers })
}

/** As it was registered, `/customer/databases/:database_id`; null where there is none. */
function routeOf(c: Context<AppEnv>): string | null {
  return matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'))?.path ?? null
}
