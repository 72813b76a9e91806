/** What one isolate remembers of keys, users and databases: each cache with its size. Nothing of a single request is in it. */
import type { Verified } from './auth/jwt.ts'
import type { KnownKey } from './auth/key.ts'
import type { KeySetEntry } from './auth/key-sets.ts'
import type { CatalogEntry } from './data/catalog.ts'
import type { Executor } from './data/execute.ts'
import { batchExecutor } from './data/execute-batch.ts'
import { neonExecutor } from './data/execute-neon.ts'
import { KnownOrigins } from './data/known-origins.ts'
import { LargeBodies } from './data/large-bodies.ts'
import type { Prepared } from './data/prepared.ts'
import type { Config, DataProxyWire } from './env.ts'
import { RememberedHealth } from './health.ts'
import { HeldBodies } from './held-bodies.ts'
import { LargeReplies } from './large-replies.ts'
import type { KeyEntry } from './limiter/admission.ts'
import { FailureLimit } from './limiter/failures.ts'
import { Lru } from './lru.ts'
import { Metrics } from './metrics.ts'

export interface Isolate {
  config: Config
  executor: Executor
  knownKeys: Lru<KnownKey>
  keys: Lru<KeyEntry>
  verified: Lru<Verified>
  keySets: Lru<KeySetEntry>
  catalogs: Lru<CatalogEntry>
  origins: KnownOrigins
  prepared: Lru<Prepared>
  failures: FailureLimit
  largeBodies: LargeBodies
  heldBodies: HeldBodies
  largeReplies: LargeReplies
  /** Digests of Authorization headers that the control API has taken. */
  knownTokens: Lru<true>
  metrics: Metrics
  health: RememberedHealth
}

/** Of all bodies of requests. */
const MAX_HELD_BYTES = 64 * 1024 * 1024

const EXECUTORS: Record<DataProxyWire, (config: Config) => Executor> = {
  batch: batchExecutor,
  neon: neonExecutor,
}

let isolate: Isolate | undefined

export function isolateOf(config: Config): Isolate {
  isolate ??= {
    config,
    executor: EXECUTORS[config.dataProxyWire](config),
    knownKeys: new Lru(5_000),
    keys: new Lru(5_000),
    verified: new Lru(1_000),
    keySets: new Lru(500),
    catalogs: new Lru(100),
    origins: new KnownOrigins(),
    prepared: new Lru(1_000),
    largeBodies: new LargeBodies(Date.now),
    heldBodies: new HeldBodies({ total: MAX_HELD_BYTES, bodyMs: config.bodyPace.totalMs }, Date.now),
    largeReplies: new LargeReplies(2 * config.replyIdleMs, Date.now),
    failures: new FailureLimit(config.failedPerSecond),
    knownTokens: new Lru(2_000),
    metrics: new Metrics(),
    health: new RememberedHealth(),
  }
  return isolate
}
