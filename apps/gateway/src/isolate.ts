/** What one isolate remembers of keys, users and databases: each cache with its size. It holds nothing of a single request. */

import type { KnownKey } from './auth/credentials.ts'
import type { Verified } from './auth/jwt.ts'
import type { KeySetEntry } from './auth/key-sets.ts'
import type { Config, DataProxyWire } from './config.ts'
import { RememberedHealth } from './control/health.ts'
import type { CatalogEntry } from './data-plane/catalog.ts'
import { LargeBodies } from './data-plane/large-bodies.ts'
import type { Prepared } from './data-plane/prepared.ts'
import { batchExecutor } from './executor/batch.ts'
import type { Executor } from './executor/executor.ts'
import { neonExecutor } from './executor/neon.ts'
import { HeldBodies } from './http/held-bodies.ts'
import { LargeReplies } from './http/large-replies.ts'
import type { KeyEntry } from './keys/key-entry.ts'
import { Lru } from './lru.ts'
import { Metrics } from './metrics.ts'
import { FailureLimit } from './pipeline/failure-limit.ts'
import { RefusedRequests } from './pipeline/refused-requests.ts'

export interface Isolate {
  config: Config
  executor: Executor
  knownKeys: Lru<KnownKey>
  keys: Lru<KeyEntry>
  verified: Lru<Verified>
  keySets: Lru<KeySetEntry>
  catalogs: Lru<CatalogEntry>
  prepared: Lru<Prepared>
  /** Users whose rows are as their claims say, and until when they count as such (ms). */
  syncedUsers: Lru<number>
  failures: FailureLimit
  refused: RefusedRequests
  largeBodies: LargeBodies
  heldBodies: HeldBodies
  largeReplies: LargeReplies
  /** Digests of Authorization headers that the control API has accepted. */
  knownTokens: Lru<true>
  metrics: Metrics
  health: RememberedHealth
}

/** The bytes of request bodies that an isolate holds at most. */
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
    prepared: new Lru(1_000),
    syncedUsers: new Lru(5_000),
    largeBodies: new LargeBodies(Date.now),
    heldBodies: new HeldBodies({ total: MAX_HELD_BYTES, bodyMs: config.bodyPace.totalMs }, Date.now),
    largeReplies: new LargeReplies(2 * config.replyIdleMs, Date.now),
    failures: new FailureLimit(config.failedPerSecond),
    refused: new RefusedRequests(),
    knownTokens: new Lru(2_000),
    metrics: new Metrics(),
    health: new RememberedHealth(),
  }
  return isolate
}
