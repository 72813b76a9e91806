/** The internal API. */
import { type DatabaseEngine, EngineError } from '@db9/engine'
import { type FinishedRun, FUNCTIONS_PATHS } from '@db9/types/functions-part'
import { isId } from '@db9/types/ids'
import { type ConnectReply, INTERNAL_PATHS, type LoginReply, type VerifierReply } from '@db9/types/internal'
import { Hono } from 'hono'
import type { Kysely } from 'kysely'
import * as z from 'zod'
import { connectKeyCredentials } from '../connect-keys/store.ts'
import type { ConnectKeyValues } from '../connect-keys/values.ts'
import { connectTokenCredentials } from '../connect-tokens/store.ts'
import { requireActive } from '../databases/store.ts'
import type { Encryption } from '../encryption.ts'
import { ApiError } from '../errors.ts'
import { readBundle } from '../functions/bundles.ts'
import type { CodeSpecDeps } from '../functions/code-spec.ts'
import { keepRun } from '../functions/runs.ts'
import { findTarget } from '../functions/target.ts'
import { parseInput } from '../http/body.ts'
import { type CredentialVerifiers, saltingOf } from '../logins/credential-verifiers.ts'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'
import { type HealthDeps, rememberedHealth } from './health.ts'
import { findKeyConfig } from './key-config.ts'
import { type InternalEnv, type SignatureDeps, verifySignature } from './verify-signature.ts'

const roleRequest = z.strictObject({ role: z.string().min(1).max(63) })
const connectRequest = roleRequest.extend({ refused: z.literal(true).optional() })
const verifierRequest = roleRequest.extend({
  salting: z.strictObject({ salt: z.base64().max(256), iterations: z.number().int() }),
})

export interface InternalDeps extends SignatureDeps, HealthDeps, CodeSpecDeps {
  db: Kysely<Tables>
  engine: Pick<DatabaseEngine, 'connect' | 'restoreLogins' | 'rolePassword' | 'roleVerifier'>
  connectKeys: ConnectKeyValues
  encryption: Encryption
  credentialVerifiers: CredentialVerifiers
  clock: () => number
}

/** The calls of the gateway and the data proxy, which no other client may make. */
export function createInternalApp(deps: InternalDeps): Hono<InternalEnv> {
  const { db, engine } = deps
  const app = new Hono<InternalEnv>()

  const health = rememberedHealth(deps)
  app.get(INTERNAL_PATHS.health, async (c) => {
    if (!(await health()))
      throw new ApiError('unavailable', 'the metadata does not answer', { retryAfter: 1 })
    return c.json({ status: 'ok' })
  })

  app.use('/internal/*', verifySignature(deps))

  app.get(INTERNAL_PATHS.key(':id'), async (c) => {
    const id = c.req.param('id') ?? ''
    const isKey = isId('publishableKey', id) || isId('serviceKey', id)
    const config = isKey ? await findKeyConfig(db, id) : null
    if (!config) throw new ApiError('not_found', 'key not found')
    return c.json(config)
  })

  app.get(FUNCTIONS_PATHS.target(':id', ':name'), async (c) => {
    const target = await findTarget(deps, c.req.param('id') ?? '', c.req.param('name') ?? '')
    if (!target) throw new ApiError('not_found', 'function not found')
    return c.json(target)
  })

  app.post(FUNCTIONS_PATHS.runs, async (c) => {
    await keepRun(db, JSON.parse(c.var.bodyText) as FinishedRun)
    return c.json({})
  })

  app.get(FUNCTIONS_PATHS.bundle(':id', ':digest'), async (c) => {
    const bytes = await readBundle(db, c.req.param('id') ?? '', c.req.param('digest') ?? '')
    if (!bytes) throw new ApiError('not_found', 'bundle not found')
    return c.body(new Uint8Array(bytes), 200, { 'content-type': 'application/octet-stream' })
  })

  app.post(INTERNAL_PATHS.connect(':id'), async (c) => {
    const { refused } = parseBody(connectRequest, c.var.bodyText)
    const database = await findById(db, c.req.param('id') ?? '')
    requireActive(database)
    if (refused) await engine.restoreLogins(database.id).catch(toUnavailable)
    const running = await engine.connect(database.id).catch(toUnavailable)
    const reply: ConnectReply = {
      address: running.address,
      database: running.database,
      name: database.name,
      epoch: running.epoch,
      max_connections: running.maxConnections,
      storage: running.storage,
      logins: running.logins,
    }
    return c.json(reply)
  })

  app.post(INTERNAL_PATHS.verifier(':id'), async (c) => {
    const { role, salting } = parseBody(verifierRequest, c.var.bodyText)
    const database = await findById(db, c.req.param('id') ?? '')
    if (database.state !== 'ACTIVE') throw new ApiError('not_found', 'database not found')
    const ofRole = { databaseId: database.id, role, now: deps.clock() }
    const [password, keys, tokens] = await Promise.all([
      engine.roleVerifier(database.id, role).catch(toUnavailable),
      connectKeyCredentials(deps, ofRole),
      connectTokenCredentials(deps, ofRole),
    ])
    const verifier = password?.verifier ?? null
    const reply: VerifierReply = {
      verifier,
      held: password?.held ?? false,
      credentials: await deps.credentialVerifiers.of([...keys, ...tokens], saltingOf(verifier, salting)),
    }
    return c.json(reply)
  })

  app.post(INTERNAL_PATHS.login(':id'), async (c) => {
    const { role } = parseBody(roleRequest, c.var.bodyText)
    const database = await findById(db, c.req.param('id') ?? '')
    requireActive(database)
    const reply: LoginReply = {
      password: await engine.rolePassword(database.id, role).catch(toUnavailable),
    }
    return c.json(reply)
  })

  return app
}

function parseBody<T>(schema: z.ZodType<T>, bodyText: string): T {
  let body: unknown
  try {
    body = JSON.parse(bodyText)
  } catch {
    throw new ApiError('invalid_request', 'body: is not valid JSON')
  }
  return parseInput(schema, body, 'body')
}

async function findById(db: Kysely<Tables>, id: string): Promise<DatabaseRow> {
  const row = isId('database', id)
    ? await db.selectFrom('databases').selectAll().where('id', '=', id).executeTakeFirst()
    : undefined
  if (!row) throw new ApiError('not_found', 'database not found')
  return row
}

function toUnavailable(error: unknown): never {
  if (!(error instanceof EngineError)) throw error
  const code = error.code === 'at_capacity' ? 'at_capacity' : 'unavailable'
  throw new ApiError(code, error.message, { retryAfter: 2, cause: error })
}
