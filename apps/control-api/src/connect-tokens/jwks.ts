/** The public keys of connect tokens, for those who verify one. */
import type { Hono } from 'hono'
import type { Kysely } from 'kysely'
import type { AppEnv } from '../http/env.ts'
import type { Tables } from '../metadata/tables.ts'
import { publicKeys } from './signing-keys.ts'

/** A key may sign right after it is made: who verifies tokens asks again at a `kid` that is not known. */
const CACHE_SECONDS = 60

export function mountConnectJwks(app: Hono<AppEnv>, { db }: { db: Kysely<Tables> }): void {
  app.get('/.well-known/db9-connect-jwks.json', async (c) => {
    c.header('Cache-Control', `public, max-age=${CACHE_SECONDS}`)
    return c.json({ keys: await publicKeys(db, c.var.request.now) })
  })
}
