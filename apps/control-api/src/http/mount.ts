/** Serves the routes of the contract. */
import type { Route } from '@db9/types'
import { addressGroup } from '@db9/types/limits'
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import {
  authenticate,
  authoriseDatabase,
  type Caller,
  requireOwner,
  requireWholeAccount,
} from '../auth/caller.ts'
import { type HeldBytes, quarterOfRest } from '../byte-accounts.ts'
import { DEFAULT_BODY_BYTES } from '../config.ts'
import { ApiError } from '../errors.ts'
import { claimKey, parseIdempotencyKey, releaseClaim, storeReply } from '../idempotency/claims.ts'
import type { DatabaseRow } from '../metadata/tables.ts'
import type { Services } from '../services.ts'
import { parseInput, readBody } from './body.ts'
import { type CallOf, EncodedJson, type Handler, type Reply } from './call.ts'
import type { AppEnv } from './env.ts'
import { toOpenApi } from './openapi.ts'

/**
 * Serves a route of the contract: authenticate → authorise → parse → claim the Idempotency-Key → handle. The contract
 * says all of it, so that no handler can forget a step; the OpenAPI document comes from the same object.
 */
export function mount<R extends Route>(
  app: OpenAPIHono<AppEnv>,
  services: Services,
  { route, handler }: { route: R; handler: Handler<R> },
): void {
  const described = createRoute(toOpenApi(route))
  app.openAPIRegistry.registerPath(described)
  app.on(route.method.toUpperCase(), described.getRoutingPath(), async (c) => {
    const { id, address, now } = c.var.request
    const admit = async () => {
      const caller =
        route.access === 'none' ? null : await authenticate(services, c.req.header('authorization'), now)
      c.set('customerId', caller?.customerId ?? null)
      const params = route.params && parseInput(route.params, c.req.param(), 'path')
      const database = await authorise(services, route, caller, params)
      c.set('databaseId', database?.id)
      return { caller, params, database }
    }
    const atFirst = await admit()
    const query = route.query && parseInput(route.query, c.req.query(), 'query')
    const account = atFirst.caller?.customerId ?? `address ${addressGroup(address)}`
    return holdBody(services, account, async (held) => {
      const body = route.body && (await readBody(c.req.raw, route.body, held))
      // A body comes as slowly as its sender likes: what was theirs when it began may be another's at its end.
      const { caller, params, database } = route.body ? await admit() : atFirst
      const request = { id, address, now, signal: c.req.raw.signal }

      return withIdempotency(services, route, c, { caller, body }, async (idempotencyId) => {
        const remember: CallOf<R>['remember'] = async (trx, reply) => {
          if (idempotencyId) await storeReply(trx, services.sealer, { id: idempotencyId, reply })
          return reply
        }
        const call = {
          caller,
          database,
          params,
          query,
          body,
          request: { ...request, idempotencyId },
          remember,
        }
        // What was parsed by the schemas of R has the types of R; TypeScript cannot follow a value through R's conditions.
        return handler(services, call as unknown as CallOf<R>)
      })
    })
  })
}

/** Counts the body as its account's until the request is answered. */
async function holdBody<T>(
  { bodyBytes, config }: Services,
  account: string,
  work: (held: HeldBytes) => Promise<T>,
): Promise<T> {
  const held = bodyBytes.open(account, quarterOfRest(config.bodyBytes ?? DEFAULT_BODY_BYTES))
  try {
    return await work(held)
  } finally {
    held.release()
  }
}

async function authorise(
  services: Services,
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
  return authoriseDatabase(services, caller, { idOrName: String(params?.database_id), access })
}

async function withIdempotency(
  services: Services,
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
  const claim = await claimKey(services, {
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
    await storeReply(services.db, services.sealer, { id: claim.id, leaseUntil: claim.leaseUntil, reply })
    return toResponse(c, reply)
  } catch (error) {
    // A refusal changed nothing, and what failed may succeed when it is sent again.
    await releaseClaim(services, claim.id)
    throw error
  }
}

/**
 * What a reply holds may be more than another token may see. All tokens of the whole account may see the same; one that
 * was renewed gets the reply of the one before.
 */
function credentialOf(caller: Caller | null): string[] {
  return caller?.scope ? [caller.tokenId] : []
}

/** Some routes take the key in their body as well; the header comes first. */
function keyOfBody(body: unknown): string | undefined {
  return (body as { idempotency_key?: string } | null | undefined)?.idempotency_key
}

function toResponse(c: Context<AppEnv>, { status, body, next }: Reply): Response {
  if (next != null) c.header('Link', linkTo(c, next))
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
