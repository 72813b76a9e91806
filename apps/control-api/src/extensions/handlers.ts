/** GET /customer/extensions: what owners may create in their databases. */
import type { DatabaseEngine } from '@db9/engine'
import type { ROUTES } from '@db9/types'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'

export interface ExtensionDeps {
  engine: Pick<DatabaseEngine, 'extensions'>
}

const listExtensions: Handler<typeof ROUTES.listExtensions, ExtensionDeps> = async ({ engine }) => ({
  status: 200,
  body: engine.extensions(),
})

export function extensionHandlers(deps: ExtensionDeps) {
  return bind(deps, { listExtensions })
}
