/** The Worker, the only public HTTP entry: the data plane by `data-plane/services.ts`, every other route by `control/app.ts`. */
import type { QueryError } from '@db9/query'
import { REQUEST_ID_HEADER } from '@db9/types/internal'
import type { Env } from './bindings.ts'
import { configOf } from './config.ts'
import { app } from './control/app.ts'
import { findRoute } from './data-plane/router.ts'
import { SERVICES } from './data-plane/services.ts'
import { refuseUnknown } from './data-plane/unknown.ts'
import { newRequestId } from './fast/request-id.ts'
import { parseRequestUrl } from './fast/url.ts'
import { isPreflight } from './http/cors.ts'
import { drainRefused } from './http/drain.ts'
import { refusals } from './http/refusals.ts'
import { toErrorReply, toHttpResponse } from './http/reply.ts'
import { deliveryFor } from './http/source.ts'
import { isolateOf } from './isolate.ts'
import { logError } from './log.ts'
import { noteOutcome, type RouteKind } from './metrics.ts'
import { countFailure, limitFailures } from './pipeline/failures.ts'
import { readerOf } from './pipeline/origin.ts'
import { answerPreflight } from './pipeline/preflight.ts'
import { serveData } from './pipeline/serve.ts'

export { DatabaseObject } from './auth/database-object.ts'
/** The name under which the objects of keys are deployed. Another name would need a migration of their stored buckets. */
export { KeyObject as KeyLimiter } from './keys/key-object.ts'

export default {
  async fetch(request, env, ctx): Promise<Response> {
    const requestId = newRequestId()
    const startedAt = Date.now()
    try {
      const isolate = isolateOf(await configOf(env))
      const counted = (route: RouteKind, response: Response, code = '') => {
        const { method } = request
        const { status } = response
        noteOutcome(isolate, { route, method, status, code, durationMs: Date.now() - startedAt })
        return response
      }
      const sourceOf = () => ({ request, headers: request.headers, isolate })
      const refuse = async (route: RouteKind, reason: QueryError) => {
        const source = sourceOf()
        const refusal = await countFailure(reason, source)
        const delivery = deliveryFor(source, '', ctx)
        const allowedOrigin = readerOf(request.headers)
        const context = { requestId, allowedOrigin, isPersonal: false, delivery }
        await drainRefused(request, refusal)
        return counted(route, toHttpResponse(toErrorReply(refusal), context), refusal.code)
      }
      const url = parseRequestUrl(request.url)
      if (url === null) return await refuse('other', refusals.urlMalformed())
      // The data plane comes before the router of the other routes: its path must stay short.
      const route = findRoute(url, isolate.config.dataDomain, SERVICES)
      if (route.kind === 'found') {
        const { service, target } = route
        const served = await serveData({ request, url, requestId, isolate, ctx }, service, target)
        await drainRefused(request, served)
        return counted(
          request.method === 'OPTIONS' ? 'preflight' : service.name,
          served.response,
          served.code,
        )
      }
      if (route.kind === 'unknown') {
        if (isPreflight(request)) return counted('preflight', answerPreflight(request.headers))
        return await refuse('rest', refuseUnknown(route))
      }
      // `parseRequestUrl` does not read ports, so a URL whose port is too large comes this far.
      if (!URL.canParse(request.url)) return await refuse('other', refusals.urlMalformed())
      const answer = () => app.fetch(request, { isolate, requestId }, ctx)
      const response = await limitFailures(sourceOf(), url.pathname, answer)
      const headers = new Headers(response.headers)
      headers.set(REQUEST_ID_HEADER, requestId)
      return counted('other', new Response(response.body, { status: response.status, headers }))
    } catch (error) {
      logError(error, { request_id: requestId, route: 'gateway' })
      return Response.json(
        { code: 'DB9500', message: 'internal error', details: null, hint: null, request_id: requestId },
        { status: 500, headers: { [REQUEST_ID_HEADER]: requestId } },
      )
    }
  },
} satisfies ExportedHandler<Env>
