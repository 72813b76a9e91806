import { hmacKey } from '@db9/types/crypto'
import { newId } from '@db9/types/ids'
import type { Hono } from 'hono'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { ensureOwner } from './accounts/customers.ts'
import { createApp } from './app.ts'
import {
  type ControlApiConfig,
  type ControlApiDeps,
  DEFAULT_REGISTRATION_LIMITS,
  DEFAULT_SQL_LIMITS,
} from './config.ts'
import { resumeOperations } from './databases/operations.ts'
import type { AppEnv } from './http/env.ts'
import { releaseAbandonedClaims, removeOldKeys } from './http/idempotency.ts'
import { createLimiter } from './limiter.ts'
import { migrateMetadata } from './metadata/migrations.ts'
import type { Tables } from './metadata/tables.ts'
import { createNotifier } from './notifier.ts'
import { createSealer } from './sealer.ts'
import type { Services } from './services.ts'
import { createSqlGate } from './sql/gate.ts'

export type { ControlApiConfig, ControlApiDeps, RegistrationLimits, SqlLimits } from './config.ts'

const SWEEP_MS = 10_000
const REFRESH_LIMITS = { perAddress: { burst: 60, perHour: 600 }, overall: { burst: 600, perHour: 20_000 } }

export interface ControlApi {
  app: Hono<AppEnv>
  /** Serves /customer, /openapi.json, /docs and /internal; for a server, and for calls within the process. */
  fetch(request: Request): Promise<Response>
  /** Brings the metadata up to this release. First of all calls. */
  migrate(): Promise<void>
  /** The owner's token where the account was made now, or where `renew` asks for a new one; else null. */
  ensureOwner(options?: { renew?: boolean }): Promise<{ token: string | null }>
  /** Ids of databases that may have something on disk; for the engine's `reconcile`. */
  liveDatabaseIds(): Promise<Set<string>>
  /** Ends what an earlier run left unfinished, and from then on what this one could not finish. After `reconcile`. */
  resumeOperations(): Promise<void>
  close(): Promise<void>
}

/** The REST API and the internal API over one metadata database. Throws where a secret in `config` is too short. */
export async function createControlApi(config: ControlApiConfig, deps: ControlApiDeps): Promise<ControlApi> {
  const { engine, log, clock = Date.now } = deps
  const pool = new pg.Pool(config.metadata)
  pool.on('error', (error) => log.error({ err: error }, 'metadata connection lost'))
  const services: Services = {
    config,
    db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }),
    engine,
    sealer: createSealer(config.encryptionKey),
    keyMac: await hmacKey(config.keySecret),
    internalKey: await hmacKey(config.internalSecret),
    clock,
    log,
    runId: newId('run', clock()),
    underway: new Set(),
    notifier: createNotifier(deps.notifyInvalidation, log),
    registrations: createLimiter(config.registrationLimits ?? DEFAULT_REGISTRATION_LIMITS),
    refreshes: createLimiter(REFRESH_LIMITS),
    sqlGate: createSqlGate(config.sqlLimits ?? DEFAULT_SQL_LIMITS),
  }
  const app = createApp(services)
  let sweeping: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined

  const sweep = async () => {
    try {
      await resumeOperations(services, { all: false })
      await removeOldKeys(services)
    } catch (error) {
      log.error({ err: error }, 'sweep failed')
    }
  }

  return {
    app,
    fetch: async (request) => app.fetch(request),
    migrate: () => migrateMetadata(services.db),
    ensureOwner: (options) => ensureOwner(services, options),
    liveDatabaseIds: () => listLiveIds(services),
    resumeOperations: async () => {
      await resumeOperations(services, { all: true })
      await releaseAbandonedClaims(services)
      timer ??= setInterval(() => {
        sweeping = sweeping.then(sweep)
      }, SWEEP_MS).unref()
    },
    close: async () => {
      clearInterval(timer)
      await sweeping
      await pool.end()
    },
  }
}

async function listLiveIds({ db }: Services): Promise<Set<string>> {
  const rows = await db
    .selectFrom('databases')
    .select('id')
    .where('state', 'not in', ['DISABLED', 'CREATE_FAILED'])
    .execute()
  return new Set(rows.map((row) => row.id))
}
