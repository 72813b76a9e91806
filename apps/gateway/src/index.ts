/** The Worker, the only public HTTP door. */
import type { QueryError } from '@db9/query'
import { REQUEST_ID_HEADER } from '@db9/types/internal'
import { app } from './app.ts'
import { serveData } from './data/serve.ts'
import { parseTarget } from './data/target.ts'
import { configOf, type Env } from './env.ts'
import { countFailure, limitFailures } from './failed.ts'
import { isolateOf } from './isolate.ts'
import { logError } from './log.ts'
import { noteOutcome, type RouteKind } from './metrics.ts'
import { refusals } from './refusals.ts'
import { toErrorReply, toHttpResponse } from './reply.ts'
import { newRequestId } from './request-id.ts'
import { deliveryFor } from './source.ts'
import { parseRequestUrl } from './url.ts'

export { DatabaseObject } from './objects/database.ts'
export { KeyLimiter } from './objects/key-limiter.ts'

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
      const refuse = (route: RouteKind, reason: QueryError) => {
        const source = sourceOf()
        const refusal = countFailure(reason, source)
        const delivery = deliveryFor(source, '', ctx)
        const context = { requestId, allowedOrigin: null, isPersonal: false, delivery }
        return counted(route, toHttpResponse(toErrorReply(refusal), context), refusal.code)
      }
      const url = parseRequestUrl(request.url)
      if (url === null) return refuse('other', refusals.urlMalformed())
      // The data plane is decided on before any router: it is the path that must stay short.
      const verdict = parseTarget(url, isolate.config.dataDomain)
      if (verdict.kind === 'rest') {
        const served = await serveData({ request, url, requestId, isolate, ctx }, verdict.target)
        const route = request.method === 'OPTIONS' ? 'preflight' : 'rest'
        return counted(route, served.response, served.code)
      }
      if (verdict.kind === 'unknown') return refuse('rest', refusals.notFound())
      // What the pattern of plain URLs lets through may still be none, as with a port that is too large.
      if (!URL.canParse(request.url)) return refuse('other', refusals.urlMalformed())
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
