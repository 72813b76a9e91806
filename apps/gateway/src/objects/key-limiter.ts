/** One per key: its bucket, its configuration, and so its status. The arithmetic is `limiter/bucket.ts`. */
import { DurableObject } from 'cloudflare:workers'
import { INTERNAL_PATHS, type KeyConfig, type RateLimit } from '@db9/types/internal'
import { configOf, type Env } from '../env.ts'
import type { LimiterReply } from '../limiter/admission.ts'
import {
  type Bucket,
  type Grant,
  grant,
  type LeaseCall,
  newBucket,
  restoreBucket,
  type SavedBucket,
} from '../limiter/bucket.ts'
import { newSaving, nextSave, type Saving } from '../limiter/saving.ts'
import { askInternal } from '../upstream.ts'
import type { KeyCalls } from './calls.ts'

interface Loaded {
  /** Null: the control API knows no such key. */
  config: KeyConfig | null
  at: number
}

/** The longest that a lost invalidation is noticed late. */
const CONFIG_MAX_AGE_MS = 60_000
/** From here on the configuration is read again in the background. */
const CONFIG_REFRESH_MS = 30_000
/** A key may be made after it was asked for. */
const UNKNOWN_MAX_AGE_MS = 2_000
const SAVED_KEY = 'bucket'

export class KeyLimiter extends DurableObject<Env> implements KeyCalls {
  #bucket: Bucket | null = null
  #saving: Saving = newSaving()
  #loaded: Loaded | null = null
  #loading: Promise<Loaded> | null = null
  #invalidations = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    ctx.blockConcurrencyWhile(async () => {
      const saved = await ctx.storage.get<SavedBucket>(SAVED_KEY)
      this.#saving = { ...newSaving(), saved: saved ?? null }
    })
  }

  async lease(keyId: string, call: LeaseCall, knownVersion: number | null): Promise<LimiterReply> {
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
    const { saved } = this.#saving
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

  /** Single flight: within one object, a request may wait for what another began. */
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
      // What was read while a change was announced may be what was before it.
      if (before !== this.#invalidations) continue
      this.#loaded = { config, at: Date.now() }
      return this.#loaded
    }
  }

  #save(bucket: Bucket, what: { limit: RateLimit; call: LeaseCall; granted: Grant }, now: number): void {
    const { saving, isDue } = nextSave(this.#saving, bucket, what, now)
    this.#saving = saving
    // The reply need not wait for the disk: what a crash forgets is bounded.
    if (isDue) this.ctx.waitUntil(this.ctx.storage.put(SAVED_KEY, saving.saved, { allowUnconfirmed: true }))
  }
}
