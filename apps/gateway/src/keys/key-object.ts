/**
 * The key object: the Durable Object of one publishable key, with its bucket and its configuration. The arithmetic is in
 * `bucket.ts`. It is deployed under the class name `KeyLimiter` (see `index.ts`), which names the stored data.
 */
import { DurableObject } from 'cloudflare:workers'
import { INTERNAL_PATHS, type KeyConfig, type RateLimit } from '@db9/types/internal'
import type { Env } from '../bindings.ts'
import { configOf } from '../config.ts'
import type { KeyCalls } from '../object-calls.ts'
import { askInternal } from '../part-client.ts'
import {
  type Bucket,
  type Grant,
  grant,
  type LeaseCall,
  newBucket,
  restoreBucket,
  type SavedBucket,
} from './bucket.ts'
import { type BucketStorage, newBucketStorage, nextSave } from './bucket-storage.ts'
import type { KeyObjectReply } from './object-client.ts'

interface Loaded {
  /** Null: the control API knows no such key. */
  config: KeyConfig | null
  at: number
}

/** A configuration that is older is read again, in case an invalidation was lost. */
const CONFIG_MAX_AGE_MS = 60_000
/** From this age on, the configuration is read again in the background. */
const CONFIG_REFRESH_MS = 30_000
/** How long an unknown key counts as unknown: it may be made after it was asked for. */
const UNKNOWN_MAX_AGE_MS = 2_000
const SAVED_KEY = 'bucket'

export class KeyObject extends DurableObject<Env> implements KeyCalls {
  #bucket: Bucket | null = null
  #storage: BucketStorage = newBucketStorage()
  #loaded: Loaded | null = null
  #loading: Promise<Loaded> | null = null
  #invalidations = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.blockConcurrencyWhile(async () => {
      const saved = await ctx.storage.get<SavedBucket>(SAVED_KEY)
      this.#storage = { ...newBucketStorage(), saved: saved ?? null }
    })
  }

  async lease(keyId: string, call: LeaseCall, knownVersion: number | null): Promise<KeyObjectReply> {
    const { config } = await this.#config(keyId)
    if (!config) return { kind: 'unknown' }
    const { limit_group: group, rate_limit: limit } = config.key
    const granted = group === keyId ? this.#take(call, limit) : await this.#objectOf(group).take(call, limit)
    const { version } = config
    return { kind: 'granted', grant: granted, version, config: version === knownVersion ? null : config }
  }

  async take(call: LeaseCall, limit: RateLimit): Promise<Grant> {
    return this.#take(call, limit)
  }

  #take(call: LeaseCall, limit: RateLimit): Grant {
    const now = Date.now()
    const { saved } = this.#storage
    this.#bucket ??= saved ? restoreBucket(saved, now) : newBucket(limit, now)
    const granted = grant(this.#bucket, limit, call, now)
    this.#save(this.#bucket, { limit, call, granted }, now)
    return granted
  }

  #objectOf(keyId: string): DurableObjectStub<KeyCalls> {
    return this.env.KEY_LIMITER.get(this.env.KEY_LIMITER.idFromName(keyId))
  }

  async invalidate(): Promise<void> {
    this.#invalidations++
    this.#loaded = null
  }

  async #config(keyId: string): Promise<Loaded> {
    const loaded = this.#loaded
    const age = loaded ? Date.now() - loaded.at : Number.POSITIVE_INFINITY
    if (loaded && age < (loaded.config ? CONFIG_MAX_AGE_MS : UNKNOWN_MAX_AGE_MS)) {
      if (age > CONFIG_REFRESH_MS) this.ctx.waitUntil(this.#load(keyId).catch(() => undefined))
      return loaded
    }
    return this.#load(keyId)
  }

  /** Reads once for all requests that wait: within one object, a request may wait for the work of another. */
  #load(keyId: string): Promise<Loaded> {
    this.#loading ??= this.#read(keyId).finally(() => {
      this.#loading = null
    })
    return this.#loading
  }

  async #read(keyId: string): Promise<Loaded> {
    const { control, internalSecret } = await configOf(this.env)
    for (;;) {
      const before = this.#invalidations
      const config = await askInternal<KeyConfig>(control, INTERNAL_PATHS.key(keyId), internalSecret)
      // The key changed during the read, which may have seen the state before the change.
      if (before !== this.#invalidations) continue
      this.#loaded = { config, at: Date.now() }
      return this.#loaded
    }
  }

  #save(bucket: Bucket, what: { limit: RateLimit; call: LeaseCall; granted: Grant }, now: number): void {
    const { storage, isDue } = nextSave(this.#storage, bucket, what, now)
    this.#storage = storage
    // The reply does not wait for the disk: `nextSave` bounds what a crash forgets.
    if (isDue) this.ctx.waitUntil(this.ctx.storage.put(SAVED_KEY, storage.saved, { allowUnconfirmed: true }))
  }
}
