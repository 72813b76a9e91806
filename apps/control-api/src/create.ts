/** Composes the control API: makes each part once, with what it uses. */
import type { KnownData, SharesOf } from '@db9/engine'
import type { SelfCheck } from '@db9/types'
import { hmacKey } from '@db9/types/crypto'
import { newId } from '@db9/types/ids'
import type { Hono } from 'hono'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Logger } from 'pino'
import { ensureOwner } from './accounts/owner.ts'
import { sharesOfDatabase } from './accounts/shares.ts'
import { createAddressLimiter } from './address-limiter.ts'
import { createApp } from './app.ts'
import { TokenUses } from './auth/token-uses.ts'
import { ByteAccounts } from './byte-accounts.ts'
import {
  type ControlApiConfig,
  type ControlApiDeps,
  DEFAULT_BODY_BYTES,
  DEFAULT_BRANCH_WAIT_MS,
  DEFAULT_CLAIMED_DATABASES,
  DEFAULT_COPY_LIMIT_MS,
  DEFAULT_REGISTRATION_LIMITS,
  DEFAULT_SQL_LIMITS,
} from './config.ts'
import { ConnectKeyValues } from './connect-keys/values.ts'
import { purgeForRoom } from './databases/purge.ts'
import { Dumper } from './dump/dumper.ts'
import { createEncryption } from './encryption.ts'
import { functionCalls } from './functions/calls.ts'
import { endLostRuns, sweepRuns } from './functions/runs.ts'
import { FunctionScheduler } from './functions/scheduler.ts'
import { ChangeLimiter, DEFAULT_CHANGE_LIMITS } from './http/change-limits.ts'
import type { AppEnv } from './http/env.ts'
import { boundedLogger, DEFAULT_REFUSAL_LIMITS } from './http/log.ts'
import { releaseAbandonedClaims, removeOldKeys } from './idempotency/claims.ts'
import { resultClaims } from './idempotency/results.ts'
import { IdTokens } from './identity/id-tokens.ts'
import { InvalidationOutbox } from './invalidation/outbox.ts'
import { defineJobs } from './job-definitions.ts'
import { Jobs } from './jobs/jobs.ts'
import { CredentialVerifiers } from './logins/credential-verifiers.ts'
import { listKnownData } from './maintenance/inventory.ts'
import { recordOsUids } from './maintenance/os-uids.ts'
import { selfCheck } from './maintenance/self-check.ts'
import { sweep } from './maintenance/sweep.ts'
import { migrateMetadata } from './metadata/migrations.ts'
import type { Tables } from './metadata/tables.ts'
import { Readings } from './observability/readings.ts'
import { StorageSizes } from './observability/storage.ts'
import { FAILURE_RULES } from './operations/failures.ts'
import { createHandlers } from './routes.ts'
import { Schedule } from './schedule.ts'
import { createSqlQueue, places } from './sql/queue.ts'
import { SqlWorkers } from './sql/workers.ts'
import { TypesGenerator } from './types/generator.ts'

/** For each database: each takes one of the connections that are the service's alone. */
const ROLE_HOLDS = 2
const ROLE_HOLDS_QUEUE = 100
const RESUME_MS = 10_000
const SWEEP_MS = 60_000
const FUNCTIONS_MS = 1_000
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
   * Takes over the jobs that an earlier run left unfinished, and from then on those that this run could not finish, and
   * begins what is due. After `reconcile`. Resolves when the jobs of the earlier run have ended, which may take as long as
   * a copy does.
   */
  resumeJobs(): Promise<void>
  /** What differs between the rows and what there is. Wakes and changes nothing. */
  selfCheck(): Promise<SelfCheck>
  /** Begins what is due by the clock now; the API does it by itself every minute. */
  sweep(): Promise<void>
  close(): Promise<void>
}

/** The REST API and the internal API over one metadata database. Throws where a secret in `config` is too short. */
export async function createControlApi(config: ControlApiConfig, deps: ControlApiDeps): Promise<ControlApi> {
  const { pool, db, jobs, ...parts } = await createParts(config, deps)
  const { log, clock, outbox, sqlWorkers } = parts
  const all = { db, jobs, ...parts }
  const app = createApp(all, createHandlers(all))
  const schedule = new Schedule(log)
  /** Apart: a pass of the others may take long, and what is due is not to wait for it. */
  const functionSchedule = new Schedule(log)
  const functionScheduler = new FunctionScheduler(all)
  const resume = () => jobs.resume({ all: false }).then(() => purgeForRoom(all))
  const clean = async () => {
    await sweep(all)
    await removeOldKeys(all)
    await sweepRuns(db, clock())
  }

  return {
    app,
    fetch: async (request) => app.fetch(request),
    migrate: () => migrateMetadata(db),
    ensureOwner: (options) => ensureOwner({ db, clock }, options),
    sharesOf: (id) => sharesOfDatabase(db, id, config.maxRunning ?? Number.POSITIVE_INFINITY),
    knownData: () => listKnownData(db),
    resumeJobs: async () => {
      outbox.start()
      sqlWorkers.warm()
      const startedAt = clock()
      await recordOsUids(all)
      // A run of an earlier API over this metadata has ended with it.
      if (!config.sharesMetadata) await endLostRuns(db, clock())
      const resumed = jobs.resume({ all: !config.sharesMetadata })
      schedule.start([
        { name: 'resuming jobs', everyMs: RESUME_MS, run: resume },
        { name: 'sweep', everyMs: SWEEP_MS, run: clean },
      ])
      functionSchedule.start([
        { name: 'starting due functions', everyMs: FUNCTIONS_MS, run: () => functionScheduler.pass() },
      ])
      await resumed
      // Claims of another API may be in flight; their own lease frees them.
      if (!config.sharesMetadata) await releaseAbandonedClaims({ db, clock }, startedAt)
    },
    selfCheck: () => selfCheck(all),
    sweep: () => sweep(all),
    close: async () => {
      schedule.stop()
      functionSchedule.stop()
      await functionSchedule.settled()
      await functionScheduler.close()
      await outbox.close()
      await jobs.close()
      await schedule.settled()
      await sqlWorkers.close()
      await parts.dumper.close()
      await parts.typesGenerator.close()
      if (!pool.ending) await pool.end()
    },
  }
}

/** What the resources, the jobs and the app are made of. Each of them names in its own type what it uses. */
async function createParts(config: ControlApiConfig, deps: ControlApiDeps) {
  const { engine, clock = Date.now, notifyProxy = async () => {}, endCredential = async () => [] } = deps
  const { readRefused = async () => null } = deps
  const { pgAddress, retention, allowLocalJwks, anonymousRegistration } = config
  const log = boundedLogger(deps.log)
  const { pool, db } = connectMetadata(config, log)
  const encryption = createEncryption(config.encryptionKey)
  const keyMac = await hmacKey(config.keySecret)
  const outbox = new InvalidationOutbox({ db, deliver: deps.notifyInvalidation, log, clock })
  const sqlWorkers = new SqlWorkers()
  const jobs = new Jobs({
    db,
    clock,
    log,
    runId: newId('run', clock()),
    definitions: defineJobs({
      db,
      engine,
      encryption,
      clock,
      copyLimitMs: config.copyLimitMs ?? DEFAULT_COPY_LIMIT_MS,
      pgAddress,
      retention,
      outbox,
      notifyProxy,
      sqlWorkers,
    }),
    failures: FAILURE_RULES,
    claims: resultClaims(encryption),
    onStep: deps.onJobPoint,
  })
  return {
    pool,
    db,
    jobs,
    engine,
    notifyProxy,
    endCredential,
    functions:
      deps.functions ?? functionCalls({ internalSecret: config.internalSecret, origin: () => undefined }),
    readRefused,
    clock,
    log,
    encryption,
    outbox,
    pgAddress,
    retention,
    allowLocalJwks,
    idTokens: new IdTokens(config.identityProviders ?? [], { allowLocal: allowLocalJwks }),
    claimedDatabases: config.claimedDatabases ?? DEFAULT_CLAIMED_DATABASES,
    signUps: config.signUps ?? true,
    anonymousRegistration,
    anonymousDiskQuotaBytes: config.anonymousDiskQuotaBytes ?? null,
    branchWaitMs: config.branchWaitMs ?? DEFAULT_BRANCH_WAIT_MS,
    trustDirect: config.trustDirect ?? false,
    changeLimiter: new ChangeLimiter(config.changeLimits ?? DEFAULT_CHANGE_LIMITS),
    refusalLimits: config.refusalLimits ?? DEFAULT_REFUSAL_LIMITS,
    keyMac,
    connectKeys: new ConnectKeyValues({ encryptionKey: config.encryptionKey, keyMac }),
    credentialVerifiers: new CredentialVerifiers(),
    internalKey: await hmacKey(config.internalSecret),
    registrations: createAddressLimiter(config.registrationLimits ?? DEFAULT_REGISTRATION_LIMITS),
    refreshes: createAddressLimiter(REFRESH_LIMITS),
    tokenUses: new TokenUses(),
    bodyBytes: new ByteAccounts(),
    mostBodyBytes: config.bodyBytes ?? DEFAULT_BODY_BYTES,
    sqlLimits: config.sqlLimits ?? DEFAULT_SQL_LIMITS,
    sqlQueue: createSqlQueue(config.sqlLimits ?? DEFAULT_SQL_LIMITS),
    sqlWorkers,
    dumper: new Dumper(),
    typesGenerator: new TypesGenerator(),
    readings: new Readings(),
    storageSizes: new StorageSizes(engine, clock),
    roleHolds: places(ROLE_HOLDS, ROLE_HOLDS_QUEUE, 'that a scoped token sent'),
  }
}

function connectMetadata({ metadata }: ControlApiConfig, log: Logger): { pool: pg.Pool; db: Kysely<Tables> } {
  const pool = new pg.Pool(metadata)
  pool.on('error', (error) => log.error({ err: error }, 'metadata connection lost'))
  // A pool that closes has no error listener any more, and the server may go before the last connection has.
  pool.on('connect', (client) => client.on('error', () => {}))
  return { pool, db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }) }
}
