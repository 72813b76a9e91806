/** The app: one handler for each route. */
import { ROUTES, type Route } from '@db9/types'
import { OpenAPIHono } from '@hono/zod-openapi'
import { anonymousRefresh, anonymousRegister } from './accounts/anonymous.ts'
import { getMe } from './accounts/owner.ts'
import { adoptDatabases, preflightAdoption } from './adoption/handlers.ts'
import { getAuthConfig, putAuthConfig } from './auth-config/handlers.ts'
import { createBackup, deleteBackup, getBackup, listBackups } from './backups/handlers.ts'
import { getDataApi, putDataApi } from './data-api/handlers.ts'
import { createDatabases } from './databases/batch.ts'
import { branchDatabase } from './databases/branch.ts'
import { createDatabase } from './databases/create.ts'
import { deleteDatabase } from './databases/delete.ts'
import { getCredentials, getDatabase, listDatabases } from './databases/read.ts'
import { recoverDatabase } from './databases/recover.ts'
import { resetPassword } from './databases/reset-password.ts'
import { ApiError, toErrorReply } from './errors.ts'
import type { Handler } from './http/call.ts'
import { mountDocs } from './http/docs.ts'
import type { AppEnv } from './http/env.ts'
import { toErrorResponse } from './http/errors.ts'
import { admitForwarded } from './http/forwarded.ts'
import { logRequest } from './http/log.ts'
import { mount } from './http/mount.ts'
import { createInternalApp } from './internal/app.ts'
import { checkInstallation } from './maintenance/self-check.ts'
import { getServer } from './maintenance/server-facts.ts'
import { getOperation, listOperations } from './operations/handlers.ts'
import {
  changePublishableKey,
  createPublishableKey,
  listPublishableKeys,
  revokePublishableKey,
  rotatePublishableKey,
} from './publishable-keys/handlers.ts'
import { createRestore, getRestore } from './restores/handlers.ts'
import type { Services } from './services.ts'
import { getSettings, putSettings } from './settings/handlers.ts'
import { runSql } from './sql/handler.ts'
import { createToken, listTokens, revokeToken } from './tokens/handlers.ts'

/** One handler for each route of the contract; the compiler counts them. */
const HANDLERS: { [Name in keyof typeof ROUTES]: Handler<(typeof ROUTES)[Name]> } = {
  getMe,
  anonymousRegister,
  anonymousRefresh,
  createToken,
  listTokens,
  revokeToken,
  createDatabase,
  listDatabases,
  getDatabase,
  deleteDatabase,
  recoverDatabase,
  createDatabases,
  branchDatabase,
  resetPassword,
  getCredentials,
  getSettings,
  putSettings,
  runSql,
  createBackup,
  listBackups,
  getBackup,
  deleteBackup,
  createRestore,
  getRestore,
  getOperation,
  listOperations,
  checkInstallation,
  getServer,
  preflightAdoption,
  adoptDatabases,
  createPublishableKey,
  listPublishableKeys,
  changePublishableKey,
  revokePublishableKey,
  rotatePublishableKey,
  getAuthConfig,
  putAuthConfig,
  getDataApi,
  putDataApi,
}

export function createApp(services: Services): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>()
  app.onError((error, c) => toErrorResponse(error, c, services.log))
  app.notFound((c) =>
    c.json(
      toErrorReply(new ApiError('not_found', 'there is no such route; /openapi.json lists those there are')),
      404,
    ),
  )

  app.use(logRequest(services))
  app.route('/', createInternalApp(services))
  app.use(admitForwarded(services))
  app.use(async (c, next) => {
    await next()
    c.header('X-Content-Type-Options', 'nosniff')
    if (c.req.path.startsWith('/customer')) c.header('Cache-Control', 'no-store')
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  for (const name of Object.keys(ROUTES) as (keyof typeof ROUTES)[]) {
    const route: Route = ROUTES[name]
    // HANDLERS holds, by its type, the handler of just this route.
    mount(app, services, { route, handler: HANDLERS[name] as unknown as Handler<Route> })
  }
  mountDocs(app)
  return app
}
