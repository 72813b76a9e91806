/**
 * A browser's request, top to bottom: authenticate (key, origin, JWT) → take from the limit → parse → plan → SQL → one
 * round trip → response.
 */
import {
  type Catalog,
  fromPostgresError,
  isCatalogMiss,
  isStaleCatalog,
  kindOf,
  type Plan,
  QueryError,
  type RequestKind,
  ROW,
  readAhead,
  responseSteps,
  type Session,
  toResponse,
} from '@db9/query'
import { verifyJwt, wasVerified } from '../auth/jwt.ts'
import { type Credentials, checkKey, parseCredentials } from '../auth/key.ts'
import { judgeOrigin, parseOrigin } from '../auth/origin.ts'
import { isPreflight, METHODS } from '../cors.ts'
import { countFailure, isOver } from '../failed.ts'
import type { HeldBody } from '../held-bodies.ts'
import {
  type Access,
  type Ask,
  denialOf,
  giveBack,
  openKey,
  type ServedConfig,
  takeFromLimit,
} from '../limiter/admission.ts'
import { visitorsOf } from '../limiter/visitors.ts'
import { logError } from '../log.ts'
import { refusals } from '../refusals.ts'
import {
  codeOf,
  type DataReply,
  type ReplyContext,
  toDataReply,
  toErrorReply,
  toHttpResponse,
} from '../reply.ts'
import { RequestHeaders } from '../request-headers.ts'
import { addressFor, deliveryFor, networkFor } from '../source.ts'
import { TIMING_REQUEST_HEADER, Timing, withTiming } from '../timing.ts'
import { readBody } from './body.ts'
import { findCatalog, findChangedCatalog, findNewerCatalog, toCatalogRefusal } from './catalog.ts'
import { type DataDeps, dataDeps } from './deps.ts'
import { PostgresError, type Row } from './execute.ts'
import { inSteps } from './in-steps.ts'
import type { Incoming } from './incoming.ts'
import { answerPreflight } from './preflight.ts'
import { type Planned, type Prepared, planPrepared, prepareRequest } from './prepared.ts'
import { sessionCookies, sessionHeaders } from './session.ts'
import type { DataTarget } from './target.ts'

/** What came in, its parts read once. */
interface Visit extends Incoming {
  method: string
  headers: RequestHeaders
}

/** What goes out, and the error code that it is counted by; empty for none. */
export interface Served {
  response: Response
  code: string
}

export async function serveData(incoming: Incoming, target: DataTarget): Promise<Served> {
  const { request, url, isolate } = incoming
  const { method } = request
  const headers = new RequestHeaders(request.headers)
  const visit: Visit = { ...incoming, method, headers }
  const deps = dataDeps(incoming)
  if (isPreflight(visit)) return servePreflight(visit, target, deps)
  if (method === 'OPTIONS' && !hasKey(headers))
    return {
      response: new Response(null, { status: 204, headers: { Allow: METHODS, Vary: 'Origin' } }),
      code: '',
    }

  const context = newContext(visit, target)
  const timing = headers.get(TIMING_REQUEST_HEADER) === '1' ? new Timing(Date.now) : null
  const kind = kindOf({ method, path: target.path, headers })
  let access: Access | null = null
  let isIdentified = false
  let held = null as HeldBody | null
  try {
    const query = url.search.slice(1)
    const credentials = parseCredentials(headers, query)
    const key = await checkKey(credentials.key, isolate.config.keySecret, isolate.knownKeys)
    if (!key) throw refusals.keyInvalid()
    access = await openKey(key.id, askOf(kind), deps.admission)
    const { config } = access.served
    assertServable(config, { ...key, databaseId: target.databaseId })
    assertOrigin(headers, config, context)
    const caller = await authenticate(credentials, config, deps, visit)
    if (caller instanceof QueryError) throw caller
    isIdentified = true
    const cost = costOf(kind, config)
    const denial = denialOf(access, cost.cost, deps.admission)
    // Nothing was taken for it, so there is nothing to give back.
    if (denial) return toServed(toErrorReply(denial), context, timing)
    const address = addressFor(visit)
    const visitors = visitorsOf(address, caller.claims.sub)
    await takeFromLimit(access, { ...cost, visitors }, deps.admission)
    timing?.end('auth')
    // Before anything is done: what a write has done could not be told any more.
    if (!isolate.largeReplies.mayStart(target.databaseId, () => networkFor(visit)))
      throw refusals.repliesTooMany()

    const maxBytes = config.data_api.caps.request_bytes
    const body = await readBody(request, {
      maxBytes,
      pace: isolate.config.bodyPace,
      share: isolate.largeBodies.of(target.databaseId),
      hold: () => {
        held = isolate.heldBodies.open(target.databaseId, deps.waitUntil)
        return held
      },
    })
    const basePath = url.pathname.slice(0, url.pathname.length - target.path.length)
    // Before the request is parsed: from here on all headers are at hand.
    const cookies = sessionCookies(headers.get('cookie'))
    const session: Session = { ...caller, headers: sessionHeaders(headers, address), cookies }
    const ahead = body === '' ? null : await inSteps(readAhead(body, headers.get('content-type'), maxBytes))
    const input = { method, path: target.path, basePath, query, headers, body, ahead }
    const prepared = prepareRequest(input, access.served, isolate.prepared)
    timing?.end('parse')
    const reply = await answer(prepared, session, deps)
    timing?.end('sql')
    return toServed(reply, context, timing)
  } catch (error) {
    if (access) giveBack(access)
    const refusal = toQueryError(error, visit, target)
    // Who is identified pays for a failure from the key's limit.
    return toServed(toErrorReply(isIdentified ? refusal : countFailure(refusal, visit)), context, timing)
  } finally {
    held?.release()
  }
}

function servePreflight(visit: Visit, target: DataTarget, deps: DataDeps): Served {
  const response = answerPreflight(visit.headers, target.databaseId, deps.preflight)
  if (response) return { response, code: '' }
  return toServed(toErrorReply(refusals.tooManyFailures()), newContext(visit, target), null)
}

function toServed(reply: DataReply, context: ReplyContext, timing: Timing | null): Served {
  return { response: withTiming(toHttpResponse(reply, context), timing), code: codeOf(reply) }
}

/** Before the key is known any origin may read its own error, which holds no data; then the key's list decides. */
function newContext(visit: Visit, { databaseId }: DataTarget): ReplyContext {
  const { headers, requestId } = visit
  const origin = headers.get('origin')
  const isReadable = parseOrigin(origin).kind === 'origin' && origin !== 'null'
  return {
    requestId,
    allowedOrigin: isReadable ? origin : null,
    isPersonal: headers.has('authorization'),
    delivery: deliveryFor(visit, databaseId, visit.ctx),
  }
}

/** What may be done with a table is told to who may ask; without a key there is nobody to tell. */
function hasKey(headers: RequestHeaders): boolean {
  return headers.has('apikey') || headers.has('authorization')
}

/** Of what the configuration could only be asked for: the least that the request may cost. */
function askOf(kind: RequestKind): Ask {
  return { cost: 1, isRead: isReadKind(kind), visitors: [] }
}

/** What is refused for its path or method reaches no database, so it counts as the cheapest does. */
function costOf(kind: RequestKind, config: ServedConfig['config']): Pick<Ask, 'cost' | 'isRead'> {
  const { costs } = config.key.rate_limit
  const cost = kind === 'rpc' ? costs.rpc : kind === 'write' ? costs.write : 1
  return { cost, isRead: isReadKind(kind) }
}

function isReadKind(kind: RequestKind): boolean {
  return kind !== 'write' && kind !== 'rpc'
}

/** Another database's key, a revoked and an expired one answer as an unknown one does. */
function assertServable(config: ServedConfig['config'], asked: { sha256: string; databaseId: string }): void {
  const { key, database } = config
  const isLive = key.status === 'active' && (key.expires_at === null || Date.now() < key.expires_at)
  if (!isLive || key.sha256 !== asked.sha256 || database.id !== asked.databaseId) throw refusals.keyInvalid()
  if (database.state === 'CREATING' || database.state === 'CLONING') throw refusals.databaseNotActive()
  if (database.state !== 'ACTIVE') throw refusals.keyInvalid()
}

function assertOrigin(headers: RequestHeaders, config: ServedConfig['config'], context: ReplyContext): void {
  const origin = parseOrigin(headers.get('origin'))
  const verdict = judgeOrigin(origin, config.key)
  context.allowedOrigin = verdict === 'allowed' && origin.kind === 'origin' ? origin.value : null
  if (verdict === 'malformed') throw refusals.originMalformed()
  if (verdict === 'required') throw refusals.originRequired()
  if (verdict === 'refused') throw refusals.originNotAllowed()
}

async function authenticate(
  { jwt }: Credentials,
  config: ServedConfig['config'],
  deps: DataDeps,
  visit: Visit,
): Promise<Pick<Session, 'role' | 'claims'> | QueryError> {
  if (jwt === null) return { role: 'anon', claims: {} }
  const issuer = { databaseId: config.database.id, config: config.byo_jwt, version: config.version }
  const now = Date.now()
  if (isOver(visit) && !wasVerified(jwt, issuer, deps.jwt, now)) return refusals.tooManyFailures()
  const verdict = await verifyJwt(jwt, issuer, deps.jwt, now)
  return verdict instanceof QueryError ? verdict : { role: 'authenticated', claims: verdict.claims }
}

/** Plans and runs; where the schema changed in between, or since the catalog was read, once more on what it is now. */
async function answer(prepared: Prepared, session: Session, deps: DataDeps): Promise<DataReply> {
  const databaseId = prepared.served.config.database.id
  const catalog = await findCatalog(databaseId, deps.catalog)
  const first = await attempt(prepared, catalog, session, deps)
  if (first.kind === 'done') return first.reply
  const find = first.kind === 'stale' ? findNewerCatalog : findChangedCatalog
  const newer = await find(databaseId, catalog, deps.catalog)
  if (newer === null) throw first.error
  const second = await attempt(prepared, newer, session, deps)
  if (second.kind === 'done') return second.reply
  throw second.error
}

/** Postgres ends statements itself; this is for a database that has to wake, and a proxy that does not answer. */
const WAKE_TIMEOUT_MS = 20_000

/** `unplanned`: by this catalog the request cannot be; `stale`: Postgres found that the catalog has changed. */
type Attempt = { kind: 'done'; reply: DataReply } | { kind: 'unplanned' | 'stale'; error: QueryError }

async function attempt(
  prepared: Prepared,
  catalog: Catalog,
  session: Session,
  deps: DataDeps,
): Promise<Attempt> {
  const { database, data_api: settings } = prepared.served.config
  let planned: Planned
  try {
    planned = planPrepared(prepared, catalog)
  } catch (error) {
    if (error instanceof QueryError && isCatalogMiss(error)) return { kind: 'unplanned', error }
    throw error
  }
  const { plan } = planned
  const batch = planned.toBatch(session)
  const timeoutMs = settings.statement_timeout_ms[session.role] + WAKE_TIMEOUT_MS
  try {
    const { requestId, waitUntil } = deps
    const options = { timeoutMs, streamedColumn: ROW.body, requestId, waitUntil }
    const executed = await deps.executor.run(database.id, batch, options)
    const response =
      plan.action === 'describe'
        ? await describe(plan, executed.row, database.id, deps)
        : toResponse(plan, executed.row)
    return { kind: 'done', reply: toDataReply(response, executed.rest) }
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error
    const shown = fromPostgresError(error.fields, { role: session.role, plan })
    if (isStaleCatalog(error.fields)) return { kind: 'stale', error: shown }
    throw shown
  }
}

/** In steps, and in turn with the large bodies of its database: of a large schema it takes a second. */
async function describe(plan: Plan, row: Row, databaseId: string, { largeBodies }: DataDeps) {
  const share = largeBodies.of(databaseId)
  share.add(row.reduce((sum, value) => sum + (value?.length ?? 0), 0))
  await share.turn()
  return inSteps(responseSteps(plan, row))
}

function toQueryError(error: unknown, { method, requestId }: Visit, target: DataTarget): QueryError {
  if (error instanceof QueryError) return error
  if (error instanceof PostgresError) {
    // Of a statement of ours, the catalog's; what it says is for the log.
    logError(error, { request_id: requestId, route: 'catalog', database_id: target.databaseId })
    return toCatalogRefusal(error)
  }
  logError(error, { request_id: requestId, route: `${method} rest`, database_id: target.databaseId })
  return refusals.internal()
}
