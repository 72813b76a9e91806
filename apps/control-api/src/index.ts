import type { KnownData, SharesOf } from '@db9/engine'
import type { SelfCheck } from '@db9/types'
import { hmacKey } from '@db9/types/crypto'
import { newId } from '@db9/types/ids'
import type { Hono } from 'hono'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { ensureOwner } from './accounts/owner.ts'
import { sharesOfDatabase } from './accounts/shares.ts'
import { createLimiter } from './address-limiter.ts'
import { createApp } from './app.ts'
import { TokenUses } from './auth/token-uses.ts'
import { ByteAccounts } from './byte-accounts.ts'
import {
  type ControlApiConfig,
  type ControlApiDeps,
  DEFAULT_REGISTRATION_LIMITS,
  DEFAULT_SQL_LIMITS,
} from './config.ts'
import { purgeForRoom } from './databases/purge.ts'
import { createSealer } from './encryption.ts'
import type { AppEnv } from './http/env.ts'
import { boundedLogger } from './http/log.ts'
import { releaseAbandonedClaims, removeOldKeys } from './idempotency/claims.ts'
import { createAnnouncer } from './invalidation/outbox.ts'
import { resumeOperations } from './jobs/resume.ts'
import { leaveOperations } from './jobs/runner.ts'
import { listKnownData } from './maintenance/inventory.ts'
import { recordOsUids } from './maintenance/os-uids.ts'
import { selfCheck } from './maintenance/self-check.ts'
import { sweep } from './maintenance/sweep.ts'
import { migrateMetadata } from './metadata/migrations.ts'
import type { Tables } from './metadata/tables.ts'
import type { Services } from './services.ts'
import { createSqlGate, places } from './sql/queue.ts'
import { SqlWorkers } from './sql/workers.ts'

export {
  type ControlApiConfig,
  type ControlApiDeps,
  DEFAULT_RETENTION,
  type RegistrationLimits,
  type Retention,
  type SqlLimits,
} from './config.ts'
export { operationPoints, undoPoints } from './job-definitions.ts'
export type { OperationPoint } from './jobs/definition.ts'

/** For each database: each takes one of the connections that are the service's alone. */
const ROLE_HOLDS = 2
const ROLE_HOLDS_QUEUE = 100
const RESUME_MS = 10_000
const SWEEP_MS = 60_000
const REFRESH_LIMITS = { perAddress: { burst: 60, perHour: 600 }, overall: { burst: 600, perHour: 20_000 } }

export interface ControlApi {
  app: Hono<AppEnv>
  /** Serves /customer, /openapi.json, /docs and /internal; for a server, and for calls within the process. */
  fetch(request: Request): Promise<Response>
  /** Brings the metadata up to this release. First of all calls. */
  migrate(): Promise<void>
  /** The owner's token where the account was made now, or where `renew` asks for a new one; else null. */
  ensureOwner(options?: { renew?: boolean }): Promise<{ token: string | null }>
  /** For the engine's option of that name. */
  sharesOf: SharesOf
  /** What the rows say is on disk; for the engine's `reconcile`. */
  knownData(): Promise<KnownData>
  /**
   * Takes over what an earlier run left unfinished, and from then on what this one could not finish and what is due.
   * After `reconcile`. Resolves when what was left has ended, which may take as long as a copy does.
   */
  resumeOperations(): Promise<void>
  /** What differs between the rows and what there is. Wakes and changes nothing. */
  selfCheck(): Promise<SelfCheck>
  /** Begins what is due by the clock now; it is done by itself every minute. */
  sweep(): Promise<void>
  close(): Promise<void>
}

/** The REST API and the internal API over one metadata database. Throws where a secret in `config` is too short. */
export async function createControlApi(config: ControlApiConfig, deps: ControlApiDeps): Promise<ControlApi> {
  const { engine, clock = Date.now } = deps
  const log = boundedLogger(deps.log)
  const pool = new pg.Pool(config.metadata)
  pool.on('error', (error) => log.error({ err: error }, 'metadata connection lost'))
  // While the pool closes it listens no more, and the server may go before the last connection has.
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  const services: Services = {
    config,
    db,
    engine,
    sealer: createSealer(config.encryptionKey),
    keyMac: await hmacKey(config.keySecret),
    internalKey: await hmacKey(config.internalSecret),
    clock,
    log,
    runId: newId('run', clock()),
    underway: new Map(),
    observer: deps.onOperationPoint,
    notifyProxy: deps.notifyProxy ?? (() => {}),
    announcer: createAnnouncer({ db, send: deps.notifyInvalidation, log, clock }),
    registrations: createLimiter(config.registrationLimits ?? DEFAULT_REGISTRATION_LIMITS),
    refreshes: createLimiter(REFRESH_LIMITS),
    tokenUses: new TokenUses(),
    bodyBytes: new ByteAccounts(),
    sqlGate: createSqlGate(config.sqlLimits ?? DEFAULT_SQL_LIMITS),
    sqlWorkers: new SqlWorkers(),
    roleHolds: places(ROLE_HOLDS, ROLE_HOLDS_QUEUE, 'that a scoped token sent'),
  }
  const app = createApp(services)
  let timers: NodeJS.Timeout[] = []
  /** One at a time. */
  let turn: Promise<unknown> = Promise.resolve()
  const every = (ms: number, work: () => Promise<unknown>) => {
    const run = async () => {
      try {
        await work()
      } catch (error) {
        log.error({ err: error }, 'sweep failed')
      }
    }
    timers.push(
      setInterval(() => {
        turn = turn.then(run)
      }, ms).unref(),
    )
  }

  return {
    app,
    fetch: async (request) => app.fetch(request),
    migrate: () => migrateMetadata(services.db),
    ensureOwner: (options) => ensureOwner(services, options),
    sharesOf: (id) => sharesOfDatabase(db, id, config.maxRunning ?? Number.POSITIVE_INFINITY),
    knownData: () => listKnownData(services.db),
    resumeOperations: async () => {
      services.announcer.start()
      services.sqlWorkers.warm()
      const startedAt = clock()
      await recordOsUids(services)
      const resumed = resumeOperations(services, { all: !config.sharesMetadata })
      if (timers.length === 0) {
        every(RESUME_MS, () => resumeOperations(services, { all: false }).then(() => purgeForRoom(services)))
        every(SWEEP_MS, () => sweep(services).then(() => removeOldKeys(services)))
      }
      await resumed
      // Those of another API may be in flight; their own lease frees them.
      if (!config.sharesMetadata) await releaseAbandonedClaims(services, startedAt)
    },
    selfCheck: () => selfCheck(services),
    sweep: () => sweep(services),
    close: async () => {
      for (const timer of timers) clearInterval(timer)
      timers = []
      await services.announcer.close()
      await leaveOperations(services)
      await turn
      await services.sqlWorkers.close()
      if (!pool.ending) await pool.end()
    },
  }
}
