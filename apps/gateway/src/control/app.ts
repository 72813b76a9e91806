/** The routes beside the data plane: the forwarded REST API, health, metrics and invalidations. */
import { INTERNAL_PATHS } from '@db9/types/internal'
import { Hono } from 'hono'
import { networkOf } from '../http/address.ts'
import { refusals } from '../http/refusals.ts'
import { addressFor, deliveryFor } from '../http/source.ts'
import type { Isolate } from '../isolate.ts'
import { logError } from '../log.ts'
import { guardBrowser } from './browser-guard.ts'
import { forward } from './forward.ts'
import { askParts, toHealthReply, withFacts } from './health.ts'
import { METRICS_PATH, serveMetrics } from './metrics-route.ts'
import { refuse } from './refusals.ts'
import { answerSigned, invalidate, refusedOf } from './signed.ts'

/** Passed in beside each request. */
interface Bindings {
  isolate: Isolate
  requestId: string
}

/** The paths that are forwarded to the control API, under the gateway's own origin. */
const FORWARDED = [
  '/',
  '/customer',
  '/customer/*',
  '/openapi.json',
  '/docs',
  '/docs/*',
  '/.well-known/db9-connect-jwks.json',
]

const GUARD_REFUSALS = {
  foreign_host: {
    code: 'misdirected',
    message: 'this host name is not one of this server; its operator can add it to DB9_ALLOWED_HOSTS',
  },
  foreign_page: { code: 'forbidden', message: 'pages of another origin may not call the REST API' },
} as const

/** Routes by the normalised path, which is also the one that is forwarded: `/customer/../internal` is not in /customer. */
const getPath = (request: Request) => new URL(request.url).pathname

export const app = new Hono<{ Bindings: Bindings }>({ getPath })

app.get('/healthz', async (c) => {
  const { isolate } = c.env
  const states = await isolate.health.states({
    ask: () => askParts(isolate.config),
    now: Date.now,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  })
  const health = toHealthReply(states)
  const authorization = c.req.header('authorization')
  if (authorization === undefined) return health
  const url = new URL('/customer/server', c.req.url)
  const request = new Request(url, { headers: { authorization } })
  return withFacts(
    health,
    await forward({ request, ...toForward(c.req.raw, c.env, c.executionCtx) }, isolate.config),
  )
})
app.get(METRICS_PATH, (c) => serveMetrics(c.req.raw, c.env.isolate))
const SIGNED = [
  { route: INTERNAL_PATHS.invalidate, answerTo: () => invalidate },
  { route: INTERNAL_PATHS.refused(':id'), answerTo: refusedOf },
]
for (const { route, answerTo } of SIGNED) {
  app.post(route, (c) => {
    const signed = { path: c.req.path, answer: answerTo(c.req.param('id') ?? '') }
    return answerSigned(c.req.raw, signed, c.env.isolate, (work) => c.executionCtx.waitUntil(work))
  })
}
app.on(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'], FORWARDED, (c) => {
  const { isolate } = c.env
  const request = c.req.raw
  const { hosts } = isolate.config
  const verdict = guardBrowser({ hostname: new URL(request.url).hostname, headers: request.headers }, hosts)
  if (verdict !== 'admitted') {
    const { code, message } = GUARD_REFUSALS[verdict]
    return refuse(code, message, { requestId: c.env.requestId })
  }
  const of = toForward(request, c.env, c.executionCtx)
  const network = networkOf(of.clientAddress)
  if (!isolate.largeReplies.mayStart(REST_API, () => network)) {
    const { message } = refusals.repliesTooMany()
    return refuse('rate_limited', message, {
      requestId: c.env.requestId,
      headers: { 'retry-after': '1' },
    })
  }
  return forward({ request, ...of }, isolate.config)
})

/** The name that large replies of the REST API are counted under. */
const REST_API = 'rest-api'

function toForward(
  request: Request,
  { isolate, requestId }: Bindings,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
) {
  const source = { request, headers: request.headers, isolate }
  // The address is empty where it is not known.
  return { requestId, clientAddress: addressFor(source) ?? '', delivery: deliveryFor(source, REST_API, ctx) }
}

app.notFound((c) =>
  refuse('not_found', 'there is nothing at this address; /docs describes what there is', {
    requestId: c.env.requestId,
  }),
)
app.onError((error, c) => {
  logError(error, { request_id: c.env.requestId, route: c.req.routePath })
  const { requestId } = c.env
  return refuse('internal', 'internal error', { requestId, fields: { request_id: requestId } })
})
