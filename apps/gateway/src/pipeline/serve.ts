/**
 * A request to the data plane, top to bottom: identify (key, origin, JWT) → admit (the key's limit) → handle (the service)
 * → reply. Each step returns its result or a refusal.
 */
import { isPreflight, METHODS } from '../http/cors.ts'
import { codeOf, type DataReply, type ReplyContext, toErrorReply, toHttpResponse } from '../http/reply.ts'
import { deliveryFor } from '../http/source.ts'
import { TIMING_REQUEST_HEADER, Timing, withTiming } from '../http/timing.ts'
import { admit } from './admit.ts'
import { type PipelineDeps, pipelineDeps } from './deps.ts'
import { countFailure } from './failures.ts'
import { identify } from './identify.ts'
import { DataRequest, type DataTarget, type Incoming } from './incoming.ts'
import { readerOf } from './origin.ts'
import { answerPreflight } from './preflight.ts'
import { isRefusal, type Refusal, toRefusal } from './refuse.ts'
import { shownPath } from './refused-requests.ts'
import type { DataService } from './service.ts'
import { syncUser } from './sync-user.ts'

/** The response, and the error code that it is counted by; empty for none. */
export interface Served {
  response: Response
  code: string
}

export async function serveData(
  incoming: Incoming,
  service: DataService,
  target: DataTarget,
): Promise<Served> {
  const request = new DataRequest(incoming, target)
  if (isPreflight(request)) return { response: answerPreflight(request.headers), code: '' }
  if (request.method === 'OPTIONS' && !hasKey(request)) return serveMethods()
  const deps = pipelineDeps(request)
  const context = newContext(request)
  const timing = request.headers.get(TIMING_REQUEST_HEADER) === '1' ? new Timing(Date.now) : null
  let outcome: DataReply | Refusal
  try {
    outcome = await run(service, request, { deps, timing })
  } catch (error) {
    outcome = toRefusal(error, request, service.name)
  }
  const reply = isRefusal(outcome) ? toErrorReply(outcome) : outcome
  // Without a code it is what SQL or a function answered.
  if (reply.status >= 400 && codeOf(reply) !== '') noteRefused(request, service, reply)
  return toServed(reply, context, timing)
}

/** For the owner of the database, where the key shows that the request is one of theirs. */
function noteRefused(request: DataRequest, { name }: DataService, reply: DataReply): void {
  const { keyId, method, target, headers, requestId, isolate, ctx } = request
  if (keyId === null) return
  const { database } = isolate.config
  const refused = {
    at: Date.now(),
    request_id: requestId,
    key_id: keyId,
    origin: headers.get('origin')?.slice(0, MAX_ORIGIN) ?? null,
    method,
    route: `/${name}/v1/${shownPath(target.path)}`,
    status: reply.status,
    code: codeOf(reply).slice(0, MAX_CODE),
  }
  isolate.refused.note(target.databaseId, refused, {
    send: (id, all) => database.get(database.idFromName(id)).noteRefused(all),
    waitUntil: (work) => ctx.waitUntil(work),
  })
}

const MAX_ORIGIN = 256
const MAX_CODE = 16

interface Run {
  deps: PipelineDeps
  timing: Timing | null
}

async function run(
  service: DataService,
  request: DataRequest,
  { deps, timing }: Run,
): Promise<DataReply | Refusal> {
  const price = service.priceOf(request)
  const identified = await identify(request, price, deps)
  // Failures after this are paid for by the key's limit; failures before it are limited by address.
  if (isRefusal(identified)) return countFailure(identified, request)
  const key = await admit(identified, request, price)
  if (isRefusal(key)) return key
  await syncUser(request, identified.caller, key)
  timing?.end('auth')
  return service.handle({ request, caller: identified.caller, key, timing })
}

/** OPTIONS without a key says which methods there are. What may be done with a table needs a key. */
function serveMethods(): Served {
  const headers = { Allow: METHODS, Vary: 'Origin' }
  return { response: new Response(null, { status: 204, headers }), code: '' }
}

function hasKey({ headers }: DataRequest): boolean {
  return headers.has('apikey') || headers.has('authorization')
}

function toServed(reply: DataReply, context: ReplyContext, timing: Timing | null): Served {
  return { response: withTiming(toHttpResponse(reply, context), timing), code: codeOf(reply) }
}

function newContext(request: DataRequest): ReplyContext {
  const { headers, requestId, target, ctx } = request
  return {
    requestId,
    allowedOrigin: readerOf(headers),
    isPersonal: headers.has('authorization'),
    delivery: deliveryFor(request, target.databaseId, ctx),
  }
}
