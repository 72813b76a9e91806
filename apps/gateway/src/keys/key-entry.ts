/** What one isolate remembers of one key: its configuration, its leases, and whether its object answers. */
import type { Policy } from '@db9/query'
import type { KeyConfig } from '@db9/types/internal'
import type { Lru } from '../lru.ts'
import type { Bucket } from './bucket.ts'
import { type LocalLeases, newLocalLeases } from './local-leases.ts'

/** All times are in milliseconds. */
export interface KeyEntry {
  keyId: string
  local: LocalLeases
  /** Null before the first reply of the key object, and where the control API knows no such key. */
  served: ServedConfig | null
  /** Until then, the configuration needs no confirmation. */
  freshUntil: number
  confirmedAt: number
  /** Until then, a key that the control API does not know is not asked for again. */
  unknownUntil: number
  /** Until then, no request waits for the object, because it did not answer. */
  failingUntil: number
  /** Made when the object fails; see `fallback.ts`. */
  fallback: Bucket | null
}

/** A configuration, and what is derived from it once. */
export interface ServedConfig {
  config: KeyConfig
  policy: Policy
}

/** The isolate's entry of the key, made where there is none. */
export function entryOf(entries: Lru<KeyEntry>, keyId: string, now: number): KeyEntry {
  const known = entries.get(keyId)
  if (known) return known
  const entry: KeyEntry = {
    keyId,
    local: newLocalLeases(now),
    served: null,
    freshUntil: 0,
    confirmedAt: 0,
    unknownUntil: 0,
    failingUntil: 0,
    fallback: null,
  }
  entries.set(keyId, entry)
  return entry
}

export function toServed(config: KeyConfig): ServedConfig {
  const { exposed_schemas, exposed_tables, exposed_functions, require_rls } = config.key
  return {
    config,
    policy: {
      exposedSchemas: exposed_schemas,
      exposedTables: exposed_tables,
      exposedFunctions: exposed_functions,
      requireRls: require_rls,
    },
  }
}
