/**
 * Admits requests to a key: `openKey` gives an `OpenKey`, and its `charge` gives the `ChargedKey` that a handler needs.
 * A request that is refused before it is charged calls `refund`. Refusals are returned, not thrown: a key over its limit
 * refuses more requests than it serves, and a promise that is rejected costs workerd about 3 µs.
 *
 * An isolate keeps each key's configuration for as long as its lease is fresh (a second, so that a revocation counts within
 * a second) and spends tokens from its leases.
 */
import type { QueryError } from '@db9/query'
import type { RateLimit } from '@db9/types/internal'
import { refusals } from '../http/refusals.ts'
import { mayFallBack, takeFromFallback } from './fallback.ts'
import { entryOf, type KeyEntry, type ServedConfig } from './key-entry.ts'
import { limitHeaders, waitSeconds } from './limit-headers.ts'
import {
  countCallers,
  deniedForMs,
  isDenied,
  noteUse,
  type Prepaid,
  returnTokens,
  shouldRenew,
  spend,
} from './local-leases.ts'
import { type AdmissionDeps, type Ask, callForRequest, renew } from './object-client.ts'

/** What a request costs, and which callers it is counted for. */
export interface Charge {
  /** Tokens. A cost above the key's burst counts as the burst. */
  cost: number
  isRead: boolean
  /** The names of `callersOf`. Asked for only where the key has tokens. */
  callers(): readonly string[]
}

/**
 * Opens the key for a request. The configuration was confirmed by the key's object within the last second. Gives `keyInvalid`
 * where the control API knows no such key, and `limiterUnavailable` where the object does not answer.
 */
export async function openKey(
  keyId: string,
  { isRead }: Pick<Charge, 'isRead'>,
  deps: AdmissionDeps,
): Promise<OpenKey | QueryError> {
  const now = deps.now()
  const entry = entryOf(deps.entries, keyId, now)
  if (entry.served && now < entry.freshUntil) return new OpenKey(entry, entry.served, deps, null)
  if (now < entry.unknownUntil) return refusals.keyInvalid()
  // The least that a request may cost: without the configuration, its cost is not known yet.
  const outcome = await callForRequest(entry, { cost: 1, isRead, callers: [] }, deps)
  const { served } = entry
  if (outcome.kind === 'unavailable') {
    const mayGoOn = served !== null && mayFallBack(entry, isRead, deps.now())
    return mayGoOn ? new OpenKey(entry, served, deps, 'fallback') : refusals.limiterUnavailable()
  }
  if (!served) return refusals.keyInvalid()
  return new OpenKey(entry, served, deps, outcome.kind === 'admitted' ? outcome.prepaid : null)
}

/** A key that may be served, for one request, which was not charged yet. */
class OpenKey {
  readonly served: ServedConfig
  readonly #entry: KeyEntry
  readonly #deps: AdmissionDeps
  readonly #isFallback: boolean
  /** Tokens that the object granted when the key was opened. */
  #prepaid: Prepaid | null

  /** `source`: where the tokens come from. Null: from the isolate's leases. */
  constructor(
    entry: KeyEntry,
    served: ServedConfig,
    deps: AdmissionDeps,
    source: Prepaid | 'fallback' | null,
  ) {
    this.served = served
    this.#entry = entry
    this.#deps = deps
    this.#isFallback = source === 'fallback'
    this.#prepaid = source === 'fallback' ? null : source
  }

  /** Takes the request's cost from the limit. Gives `rateLimited` or `limiterUnavailable`; nothing is taken then. */
  async charge({ cost: asked, isRead, callers }: Charge): Promise<ChargedKey | QueryError> {
    const { local, freshUntil } = this.#entry
    const limit = this.served.config.key.rate_limit
    const cost = Math.min(asked, limit.burst)
    const now = this.#deps.now()
    if (this.#isFallback) return this.#chargeFallback(limit, cost, now)
    noteUse(local, cost, now)
    if (!this.#prepaid && isDenied(local, cost, now)) return limited(limit, deniedForMs(local, [], now))
    const prepaid = this.#prepaid?.tokens ?? 0
    const names = callers()
    const rest = { cost: Math.max(0, cost - prepaid), callers: names }
    if (!spend(local, rest, now)) {
      const refusal = await this.#takeFromObject(limit, { ...rest, isRead })
      if (refusal) return this.#refuse(refusal)
    } else if (shouldRenew(local, freshUntil, now)) {
      this.#deps.waitUntil(renew(this.#entry, this.#deps))
    }
    if (this.#prepaid) {
      countCallers(local, { cost: Math.min(prepaid, cost), callers: names })
      returnTokens(local, this.#prepaid, prepaid - cost)
      this.#prepaid = null
    }
    return new ChargedKey(this.served)
  }

  /** Returns what was taken for a request that is refused before it is charged. */
  refund(): void {
    if (this.#prepaid) returnTokens(this.#entry.local, this.#prepaid, this.#prepaid.tokens)
    this.#prepaid = null
  }

  #refuse(refusal: QueryError): QueryError {
    this.refund()
    return refusal
  }

  /** Null where the object granted the tokens. */
  async #takeFromObject(limit: RateLimit, ask: Ask): Promise<QueryError | null> {
    const { local } = this.#entry
    const deniedMs = deniedForMs(local, ask.callers, this.#deps.now())
    if (deniedMs > 0) return limited(limit, deniedMs)
    const { kind } = await callForRequest(this.#entry, ask, this.#deps)
    const now = this.#deps.now()
    if (kind === 'admitted') return null
    if (kind === 'denied') return limited(limit, deniedForMs(local, ask.callers, now))
    if (!mayFallBack(this.#entry, ask.isRead, now)) return refusals.limiterUnavailable()
    const charged = this.#chargeFallback(limit, ask.cost, now)
    return charged instanceof ChargedKey ? null : charged
  }

  #chargeFallback(limit: RateLimit, cost: number, now: number): ChargedKey | QueryError {
    const waitMs = takeFromFallback(this.#entry, limit, cost, now)
    return waitMs > 0 ? limited(limit, waitMs) : new ChargedKey(this.served)
  }
}

/** A key whose limit has paid for one request. Only `charge` makes one. */
class ChargedKey {
  readonly #served: ServedConfig

  constructor(served: ServedConfig) {
    this.#served = served
  }

  get served(): ServedConfig {
    return this.#served
  }
}

export type { ChargedKey, OpenKey }

/** The latest refusal of each limit: a key over its limit refuses often, and nearly always with the same words. */
const latest = new WeakMap<RateLimit, { seconds: number; refusal: QueryError }>()

function limited(limit: RateLimit, waitMs: number): QueryError {
  const seconds = waitSeconds(waitMs)
  const known = latest.get(limit)
  if (known?.seconds === seconds) return known.refusal
  const refusal = refusals.rateLimited(seconds, limitHeaders(limit, seconds))
  latest.set(limit, { seconds, refusal })
  return refusal
}
