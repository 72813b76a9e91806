/** The app: the routes of the contract, the internal API and the documentation, behind one chain of middleware. */
import { ROUTES } from '@db9/types'
import { OpenAPIHono } from '@hono/zod-openapi'
import { mountConnectJwks } from './connect-tokens/jwks.ts'
import { ApiError, toErrorReply } from './errors.ts'
import type { AnyHandler } from './http/call.ts'
import { mountDocs } from './http/docs.ts'
import type { AppEnv } from './http/env.ts'
import { toErrorResponse } from './http/errors.ts'
import { admitForwarded, type ForwardedDeps } from './http/forwarded.ts'
import { type LogDeps, logRequest } from './http/log.ts'
import { type MountDeps, mount } from './http/mount.ts'
import { createInternalApp, type InternalDeps } from './internal/app.ts'
import type { Handlers } from './routes.ts'

type AppDeps = ForwardedDeps & InternalDeps & LogDeps & MountDeps

export function createApp(deps: AppDeps, handlers: Handlers): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>()
  app.onError((error, c) => toErrorResponse(error, c, deps.log))
  app.notFound((c) =>
    c.json(
      toErrorReply(new ApiError('not_found', 'there is no such route; /openapi.json lists those there are')),
      404,
    ),
  )

  app.use(logRequest(deps))
  app.route('/', createInternalApp(deps))
  app.use(admitForwarded(deps))
  app.use(async (c, next) => {
    await next()
    c.header('X-Content-Type-Options', 'nosniff')
    if (c.req.path.startsWith('/customer')) c.header('Cache-Control', 'no-store')
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  for (const name of Object.keys(ROUTES) as (keyof typeof ROUTES)[]) {
    // Handlers holds, by its type, the handler of just this route; `mount` parses the call by the route's schemas.
    mount(app, deps, { route: ROUTES[name], handler: handlers[name] as unknown as AnyHandler })
  }
  mountConnectJwks(app, deps)
  mountDocs(app)
  return app
}
