/** Serves the routes of the contract. */
import type { Route } from '@db9/types'
import { addressGroup } from '@db9/types/limits'
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Kysely } from 'kysely'
import * as z from 'zod'
import {
  authenticate,
  authoriseDatabase,
  type Caller,
  requireOwner,
  requireWholeAccount,
} from '../auth/caller.ts'
import { type ByteAccounts, type HeldBytes, quarterOfRest } from '../byte-accounts.ts'
import { ApiError } from '../errors.ts'
import { type ClaimDeps, claimKey, releaseClaim, storeReply } from '../idempotency/claims.ts'
import { parseIdempotencyKey } from '../idempotency/header.ts'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'
import { parseInput, readBody, readBytes } from './body.ts'
import type { AnyHandler } from './call.ts'
import { type ChangeLimiter, isChange } from './change-limits.ts'
import type { AppEnv } from './env.ts'
import { toOpenApi } from './openapi.ts'
import { EncodedJson, type Reply } from './reply.ts'

export interface MountDeps extends ClaimDeps {
  /** Counts the bodies of requests until they are answered. */
  bodyBytes: ByteAccounts
  /** What the bodies of all requests that are being answered may take together. */
  mostBodyBytes: number
  changeLimiter: ChangeLimiter
}

/**
 * Serves a route of the contract: authenticate → authorise → limit → parse → claim the Idempotency-Key → handle. The contract
 * says all of it, so that no handler can forget a step; the OpenAPI document comes from the same object.
 */
export function mount(
  app: OpenAPIHono<AppEnv>,
  deps: MountDeps,
  { route, handler }: { route: Route; handler: AnyHandler },
): void {
  const described = createRoute(toOpenApi(route))
  app.openAPIRegistry.registerPath(described)
  app.on(route.method.toUpperCase(), described.getRoutingPath(), async (c) => {
    const { id, address, now } = c.var.request
    const admit = async () => {
      const caller =
        route.access === 'none' ? null : await authenticate(deps.db, c.req.header('authorization'), now)
      c.set('customerId', caller?.customerId ?? null)
      const params = route.params && parseInput(route.params, c.req.param(), 'path')
      const database = await authorise(deps.db, route, caller, params)
      c.set('databaseId', database?.id)
      return { caller, params, database }
    }
    const atFirst = await admit()
    if (atFirst.caller && isChange(route)) limitChanges(c, deps.changeLimiter, atFirst.caller)
    const query = parseQuery(route, c.req.queries())
    const account = atFirst.caller?.customerId ?? `address ${addressGroup(address)}`
    return holdBody(deps, account, async (held) => {
      const body = route.body && (await (route.body.raw ? readBytes : readBody)(c.req.raw, route.body, held))
      // Ownership may have changed while a slow body was being received.
      const { caller, params, database } = route.body ? await admit() : atFirst
      const request = { id, address, now, signal: c.req.raw.signal }

      return withIdempotency(deps, route, c, { caller, body }, (idempotencyId) =>
        handler({
          caller,
          database,
          params,
          query,
          body,
          request: { ...request, idempotencyId },
          remember: async (trx, reply) => {
            if (idempotencyId) await storeReply(trx, deps.encryption, { id: idempotencyId, reply })
            return reply
          },
        }),
      )
    })
  })
}

const NO_QUERY = z.strictObject({})

/** No parameter is ignored: a misspelt one would change what a request does. 400 names one that is unknown or given twice. */
function parseQuery({ query = NO_QUERY }: Route, given: Record<string, string[]>): unknown {
  const twice = Object.keys(given).find((name) => given[name]?.length !== 1)
  if (twice !== undefined) throw new ApiError('invalid_request', `${twice}: is given more than once`)
  const values = Object.fromEntries(Object.entries(given).map(([name, [value]]) => [name, value]))
  return parseInput(query.strict(), values, 'query')
}

/** 429 where the account has changed too much of late. */
function limitChanges(c: Context<AppEnv>, limiter: ChangeLimiter, caller: Caller): void {
  const { waitMs, headers } = limiter.take(caller, c.var.request.now)
  for (const [name, value] of Object.entries(headers)) c.header(name, value)
  if (waitMs === 0) return
  throw new ApiError('rate_limited', 'the account changes too much at once', {
    retryAfter: Math.ceil(waitMs / 1000),
  })
}

/** Counts the body as its account's until the request is answered. */
async function holdBody<T>(
  { bodyBytes, mostBodyBytes }: MountDeps,
  account: string,
  work: (held: HeldBytes) => Promise<T>,
): Promise<T> {
  const held = bodyBytes.open(account, quarterOfRest(mostBodyBytes))
  try {
    return await work(held)
  } finally {
    held.release()
  }
}

async function authorise(
  db: Kysely<Tables>,
  { access }: Route,
  caller: Caller | null,
  params: Record<string, unknown> | undefined,
): Promise<DatabaseRow | undefined> {
  if (!caller || access === 'none' || access === 'any') return undefined
  if (access === 'account' || access === 'owner') {
    if (access === 'owner') requireOwner(caller)
    else requireWholeAccount(caller)
    return undefined
  }
  return authoriseDatabase(db, caller, { idOrName: String(params?.database_id), access })
}

async function withIdempotency(
  deps: MountDeps,
  route: Route,
  c: Context<AppEnv>,
  { caller, body }: { caller: Caller | null; body: unknown },
  work: (idempotencyId: string | null) => Promise<Reply>,
): Promise<Response> {
  const key = c.req.header('idempotency-key') ?? keyOfBody(body)
  if (key === undefined || route.method !== 'post') return toResponse(c, await work(null))
  if (route.idempotent === false) {
    throw new ApiError('invalid_request', 'Idempotency-Key: is not available here')
  }
  const claim = await claimKey(deps, {
    scope: caller ? { customerId: caller.customerId } : { address: c.var.request.address },
    key: parseIdempotencyKey(key, caller !== null),
    fingerprint: [route.method, c.req.path, body ?? null, ...credentialOf(caller)],
  })
  if (claim.kind === 'replay') {
    c.header('Idempotent-Replayed', 'true')
    return toResponse(c, claim.reply)
  }
  try {
    const reply = await work(claim.id)
    await storeReply(deps.db, deps.encryption, { id: claim.id, leaseUntil: claim.leaseUntil, reply })
    return toResponse(c, reply)
  } catch (error) {
    // A refusal changed nothing, and a request that failed may succeed when it is sent again.
    await releaseClaim(deps, claim.id)
    throw error
  }
}

/**
 * A scoped token gets only replies to itself, since another token may see less. Tokens of the whole account see the same, and a
 * renewed token gets the reply to the earlier one.
 */
function credentialOf(caller: Caller | null): string[] {
  return caller?.scope ? [caller.tokenId] : []
}

/** Some routes take the key in their body as well; the header comes first. */
function keyOfBody(body: unknown): string | undefined {
  if (body instanceof Uint8Array) return undefined
  return (body as { idempotency_key?: string } | null | undefined)?.idempotency_key
}

function toResponse(c: Context<AppEnv>, { status, body, next }: Reply): Response {
  if (next != null) c.header('Link', linkTo(c, next))
  if (status === 204) return c.body(null, 204)
  const json = body instanceof EncodedJson ? body.bytes : toJsonText(body)
  return c.body(json, status as 200, { 'content-type': 'application/json; charset=utf-8' })
}

/** The same list from the cursor on (RFC 8288). */
function linkTo(c: Context<AppEnv>, cursor: string): string {
  const query = new URLSearchParams({ ...c.req.query(), cursor })
  return `<${c.req.path}?${query}>; rel="next"`
}

function toJsonText(body: unknown): string {
  try {
    return JSON.stringify(body)
  } catch (error) {
    // A json value may be nested more deeply than JSON.stringify can follow, or all of it longer than a string can be.
    if (!(error instanceof RangeError)) throw error
    throw new ApiError('result_too_large', 'the result is too large or nested too deeply', { cause: error })
  }
}
