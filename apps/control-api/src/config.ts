/** What the control API is made with: its configuration, its dependencies, and the defaults. */
import type { DatabaseEngine } from '@db9/engine'
import type { ForgetRequest, Invalidation } from '@db9/types/internal'
import type { PoolConfig } from 'pg'
import type { Logger } from 'pino'
import type { FunctionCalls } from './functions/calls.ts'
import type { ChangeLimits } from './http/change-limits.ts'
import type { RefusalLimits } from './http/log.ts'
import type { IdentityProvider } from './identity/provider.ts'
import type { OnStep } from './jobs/definition.ts'
import type { ReadRefused } from './parts/gateway.ts'
import type { QueueLimits } from './sql/queue.ts'

export interface ControlApiConfig {
  /** Where the metadata lives. */
  metadata: PoolConfig
  /** Signs the calls between the parts. At least 32 characters, as is `keySecret`. */
  internalSecret: string
  /** Key of the MAC in key values; the gateway has the same. */
  keySecret: string
  /** AES-256 key of what must be read back, 64 hex characters. */
  encryptionKey: string
  /** Where clients reach Postgres; asked each time, since a port may be chosen after this API is made. */
  pgAddress: () => PgAddress
  anonymousRegistration: boolean
  /** The disk quota of databases that anonymous accounts make; left out or null: that of all databases. */
  anonymousDiskQuotaBytes?: number | null
  /** Whose id_tokens claim accounts and sign in to them. */
  identityProviders?: readonly IdentityProvider[]
  /** Live databases of an account that an identity owns. */
  claimedDatabases?: number
  /** Whether providers may make accounts (`sign_up`); false where strangers may have no databases. */
  signUps?: boolean
  /** Allows http and loopback JWKS URLs. */
  allowLocalJwks: boolean
  /** Takes requests that did not come through the gateway. For tests. */
  trustDirect?: boolean
  /**
   * Other control APIs run over the same metadata, and over an engine that all of them reach. Then a start leaves jobs
   * alone that another API holds a lease of; otherwise an earlier run held it, and that run has ended.
   */
  sharesMetadata?: boolean
  retention: Retention
  /** Databases that may run at once; left out where there is no limit. */
  maxRunning?: number
  /** A branch, restore or backup that takes longer is given up, milliseconds. */
  copyLimitMs?: number
  /** How long a caller waits for a branch, milliseconds; a longer one is answered as CLONING. */
  branchWaitMs?: number
  registrationLimits?: RegistrationLimits
  changeLimits?: ChangeLimits
  sqlLimits?: SqlLimits
  refusalLimits?: RefusalLimits
  /** The bytes that the bodies of all requests that are being answered may take together. */
  bodyBytes?: number
}

export interface ControlApiDeps {
  engine: DatabaseEngine
  /** Sends an invalidation to the gateway; may fail, and is then tried again. */
  notifyInvalidation: (invalidation: Invalidation) => Promise<void>
  /** Reads the last refused requests of a database from the gateway. */
  readRefused?: ReadRefused
  /** Tells the data proxy that logins end; may fail, and where it matters is then tried again. */
  notifyProxy?: (change: ProxyChange) => Promise<void>
  /** Has the data proxy end what a connect key or token has opened; gives the pids of the backends. */
  endCredential?: (credential: RevokedCredential) => Promise<number[]>
  /** Runs functions; left out where none run. */
  functions?: FunctionCalls
  /** Called before and after each step of each job. */
  onJobPoint?: OnStep
  log: Logger
  /** Milliseconds since the epoch. */
  clock?: () => number
}

/** Where clients reach Postgres. */
export interface PgAddress {
  host: string
  port: number
  /** Connections without TLS are refused. */
  isTlsRequired?: boolean
}

/** Why logins end. */
export interface ProxyChange {
  databaseId: string
  what: Exclude<ForgetRequest['what'], 'credential'>
}

/** A connect key or token whose sessions are to end. */
export interface RevokedCredential {
  databaseId: string
  id: string
}

export interface Retention {
  /** How long a deleted database can be recovered, milliseconds. */
  deletedDatabasesMs: number
  /** How long a backup outlives its database, from when that can no longer be recovered; milliseconds. */
  backupsMs: number
  /** How long a job is kept once it has ended, milliseconds; a kept Idempotency-Key keeps its jobs longer. */
  operationsMs: number
  /** How long audit rows of anonymous accounts are kept, milliseconds; the owner's are kept for good. */
  anonymousAuditMs: number
}

export const DEFAULT_CLAIMED_DATABASES = 10

export const DEFAULT_COPY_LIMIT_MS = 3_600_000
export const DEFAULT_BRANCH_WAIT_MS = 10_000

const DAY_MS = 86_400_000

export const DEFAULT_RETENTION: Retention = {
  deletedDatabasesMs: 7 * DAY_MS,
  backupsMs: 30 * DAY_MS,
  operationsMs: 30 * DAY_MS,
  anonymousAuditMs: 30 * DAY_MS,
}

/** Anonymous accounts that may be made: at once, and each hour after that. */
export interface RegistrationLimits {
  perAddress: { burst: number; perHour: number }
  overall: { burst: number; perHour: number }
}

export interface SqlLimits extends QueueLimits {
  statementTimeoutMs: number
  maxRows: number
  maxBytes: number
  /** The bytes that the results of one account's running statements may take together. */
  accountBytes: number
}

export const DEFAULT_REGISTRATION_LIMITS: RegistrationLimits = {
  perAddress: { burst: 20, perHour: 20 },
  overall: { burst: 300, perHour: 300 },
}

export const DEFAULT_BODY_BYTES = 128 * 1024 * 1024

export const DEFAULT_SQL_LIMITS: SqlLimits = {
  statementTimeoutMs: 60_000,
  maxRows: 100_000,
  maxBytes: 10 * 1024 * 1024,
  accountBytes: 40 * 1024 * 1024,
  concurrency: 10,
  queue: 100,
  accountConcurrency: 20,
  accountQueue: 200,
}
