import type { DatabaseEngine } from '@db9/engine'
import type { HmacKey } from '@db9/types/crypto'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Limiter } from './address-limiter.ts'
import type { TokenUses } from './auth/token-uses.ts'
import type { ByteAccounts } from './byte-accounts.ts'
import type { ControlApiConfig, ProxyChange } from './config.ts'
import type { Sealer } from './encryption.ts'
import type { Announcer } from './invalidation/outbox.ts'
import type { OperationPoint } from './jobs/definition.ts'
import type { Attempt } from './jobs/runner.ts'
import type { Tables } from './metadata/tables.ts'
import type { Places, SqlGate } from './sql/queue.ts'
import type { SqlWorkers } from './sql/workers.ts'

/** What the parts of this API work with. Made once, by `createControlApi`. */
export interface Services {
  config: ControlApiConfig
  db: Kysely<Tables>
  engine: DatabaseEngine
  sealer: Sealer
  /** Key of the MAC in key values. */
  keyMac: HmacKey
  internalKey: HmacKey
  /** Milliseconds since the epoch. */
  clock: () => number
  log: Logger
  /** Names this run of the API as the holder of leases. */
  runId: string
  /** Operations that this run is at, by id; their leases may lapse without anybody taking them over here. */
  underway: Map<string, Attempt>
  /** Told where each operation is. */
  observer: ((point: OperationPoint) => void | Promise<void>) | undefined
  notifyProxy: (change: ProxyChange) => void
  announcer: Announcer
  registrations: Limiter
  refreshes: Limiter
  tokenUses: TokenUses
  /** Of the bodies of requests until they are answered. */
  bodyBytes: ByteAccounts
  sqlGate: SqlGate
  sqlWorkers: SqlWorkers
  /** Of statements that hold a database's roles. */
  roleHolds: Places
}
