/**
 * One isolate's side of the limit: it holds each key's configuration for as long as its lease is fresh (a second, so
 * that a revocation counts within it) and spends tokens from its leases.
 *
 * While a key's object does not answer, reads go on with its last configuration for at most a minute, at a twentieth of
 * the key's rate in each isolate; writes do not, nor does anything where the key says `on_limiter_failure: "closed"`.
 */
import type { Policy, QueryError } from '@db9/query'
import type { KeyConfig, RateLimit } from '@db9/types/internal'
import type { Lru } from '../lru.ts'
import { refusals } from '../refusals.ts'
import {
  type Bucket,
  type Grant,
  grant,
  LEASE_TTL_MS,
  type LeaseCall,
  newBucket,
  plainCall,
} from './bucket.ts'
import { limitHeaders, waitSeconds } from './headers.ts'
import {
  countVisitors,
  deniedForMs,
  finishCall,
  type Holding,
  isDenied,
  newHolding,
  noteUse,
  type Prepaid,
  giveBack as returnTokens,
  shouldRenew,
  spend,
  startCall,
  type Take,
} from './holding.ts'

export type LimiterReply =
  | { kind: 'unknown' }
  /** `config` is null where the caller has this version already. */
  | { kind: 'granted'; grant: Grant; version: number; config: KeyConfig | null }

export interface KeyEntry {
  holding: Holding
  served: ServedConfig | null
  /** Until then the configuration needs no confirmation. */
  freshUntil: number
  confirmedAt: number
  /** The control API knows no such key; asked again after this. */
  unknownUntil: number
  /** The object did not answer; it is not waited for again before this. */
  failingUntil: number
  fallback: Bucket | null
}

/** A configuration and what is derived from it once. */
export interface ServedConfig {
  config: KeyConfig
  policy: Policy
}

export interface AdmissionDeps {
  entries: Lru<KeyEntry>
  callObject(keyId: string, call: LeaseCall, knownVersion: number | null): Promise<LimiterReply>
  now(): number
  random(): number
  /** Lets work go on after the answer. */
  waitUntil(work: Promise<unknown>): void
  onFailure(error: unknown): void
}

export interface Ask extends Take {
  isRead: boolean
}

/** A key that may be served, and what of the limit was already taken for this request. */
export interface Access {
  keyId: string
  entry: KeyEntry
  served: ServedConfig
  prepaid: Prepaid | null
  isDegraded: boolean
}

const COLD_TIMEOUT_MS = 5_000
const READ_TIMEOUT_MS = 200
const WRITE_TIMEOUT_MS = 2_000
const DEGRADED_FOR_MS = 60_000
const FAILING_MS = 1_000
const UNKNOWN_MS = 2_000
const FALLBACK_SHARE = 1 / 20

/** The key's configuration, confirmed within the last second. Throws `keyInvalid` or `limiterAway`. */
export async function openKey(keyId: string, ask: Ask, deps: AdmissionDeps): Promise<Access> {
  const entry = entryOf(keyId, deps)
  const now = deps.now()
  if (entry.served && now < entry.freshUntil) return toAccess(keyId, entry, entry.served, null)
  if (now < entry.unknownUntil) throw refusals.keyInvalid()
  const outcome = await callForRequest(keyId, entry, ask, deps)
  if (outcome.kind === 'away') return degrade(keyId, entry, ask, deps)
  if (!entry.served) throw refusals.keyInvalid()
  return toAccess(keyId, entry, entry.served, outcome.kind === 'admitted' ? outcome.prepaid : null)
}

/**
 * What `takeFromLimit` would refuse at once, as its refusal; null for none. A key over its limit refuses most: who asks
 * need not be worked out for that, and an error that is thrown costs more than one that is returned.
 */
export function denialOf(access: Access, cost: number, deps: AdmissionDeps): QueryError | null {
  const { entry, prepaid, isDegraded } = access
  const limit = access.served.config.key.rate_limit
  const least = Math.min(cost, limit.burst)
  const now = deps.now()
  if (isDegraded || prepaid || !isDenied(entry.holding, least, now)) return null
  noteUse(entry.holding, least, now)
  return limited(limit, deniedForMs(entry.holding, [], now))
}

/**
 * Takes the request's cost from the limit. Throws `rateLimited` or `limiterAway`; what was prepaid is then still there
 * to be given back.
 */
export async function takeFromLimit(access: Access, ask: Ask, deps: AdmissionDeps): Promise<void> {
  const { entry, keyId } = access
  const limit = access.served.config.key.rate_limit
  const cost = Math.min(ask.cost, limit.burst)
  const now = deps.now()
  if (access.isDegraded) return takeFromFallback(entry, limit, cost, now)
  noteUse(entry.holding, cost, now)
  const prepaid = access.prepaid?.tokens ?? 0
  const rest = Math.max(0, cost - prepaid)
  if (!spend(entry.holding, { ...ask, cost: rest }, now))
    await takeFromObject(access, limit, { ...ask, cost: rest }, deps)
  else if (shouldRenew(entry.holding, entry.freshUntil, now)) deps.waitUntil(renew(keyId, entry, deps))
  if (access.prepaid) {
    countVisitors(entry.holding, { ...ask, cost: Math.min(prepaid, cost) })
    returnTokens(entry.holding, access.prepaid, prepaid - cost)
  }
  access.prepaid = null
}

async function takeFromObject(
  access: Access,
  limit: RateLimit,
  ask: Ask,
  deps: AdmissionDeps,
): Promise<void> {
  const { entry, keyId } = access
  const deniedMs = deniedForMs(entry.holding, ask.visitors, deps.now())
  if (deniedMs > 0) throw limited(limit, deniedMs)
  const outcome = await callForRequest(keyId, entry, ask, deps)
  if (outcome.kind === 'denied') throw limited(limit, deniedForMs(entry.holding, ask.visitors, deps.now()))
  if (outcome.kind === 'admitted') return
  degrade(keyId, entry, ask, deps)
  takeFromFallback(entry, limit, ask.cost, deps.now())
}

/** Gives back what was taken for a request that was refused for another reason. */
export function giveBack({ entry, prepaid }: Access): void {
  if (prepaid) returnTokens(entry.holding, prepaid, prepaid.tokens)
}

/** Each limit's latest: a key over its limit refuses more often than anything else, nearly always with the same words. */
const latest = new WeakMap<RateLimit, { seconds: number; refusal: QueryError }>()

function limited(limit: RateLimit, waitMs: number): QueryError {
  const seconds = waitSeconds(waitMs)
  const known = latest.get(limit)
  if (known?.seconds === seconds) return known.refusal
  const refusal = refusals.rateLimited(seconds, limitHeaders(limit, seconds))
  latest.set(limit, { seconds, refusal })
  return refusal
}

function entryOf(keyId: string, deps: AdmissionDeps): KeyEntry {
  const known = deps.entries.get(keyId)
  if (known) return known
  const entry: KeyEntry = {
    holding: newHolding(deps.now()),
    served: null,
    freshUntil: 0,
    confirmedAt: 0,
    unknownUntil: 0,
    failingUntil: 0,
    fallback: null,
  }
  deps.entries.set(keyId, entry)
  return entry
}

function toAccess(keyId: string, entry: KeyEntry, served: ServedConfig, prepaid: Prepaid | null): Access {
  return { keyId, entry, served, prepaid, isDegraded: false }
}

type Outcome = { kind: 'admitted'; prepaid: Prepaid } | { kind: 'denied' } | { kind: 'away' }

/** A call that a request waits for, no longer than it is worth. */
async function callForRequest(
  keyId: string,
  entry: KeyEntry,
  ask: Ask,
  deps: AdmissionDeps,
): Promise<Outcome> {
  if (entry.served && deps.now() < entry.failingUntil) return { kind: 'away' }
  const timeoutMs = patienceMs(entry, ask, deps.now())
  try {
    const prepaid = await call(keyId, entry, ask, timeoutMs, deps)
    return prepaid ? { kind: 'admitted', prepaid } : { kind: 'denied' }
  } catch (error) {
    entry.failingUntil = deps.now() + FAILING_MS
    deps.onFailure(error)
    return { kind: 'away' }
  }
}

/** A read waits briefly only where it could go on without the object. */
function patienceMs(entry: KeyEntry, ask: Ask, now: number): number {
  if (!entry.served) return COLD_TIMEOUT_MS
  if (!ask.isRead) return WRITE_TIMEOUT_MS
  return mayDegrade(entry, ask, now) ? READ_TIMEOUT_MS : COLD_TIMEOUT_MS
}

/** A renewal takes tokens for whoever comes. */
const NOTHING: Take = { cost: 0, visitors: [] }

async function renew(keyId: string, entry: KeyEntry, deps: AdmissionDeps): Promise<void> {
  // A failure shows when a request has to wait for the object.
  await call(keyId, entry, NOTHING, LEASE_TTL_MS, deps).catch(() => undefined)
}

/** One call to the key's object; null where what is to be taken was not granted. Throws where it does not answer. */
async function call(
  keyId: string,
  entry: KeyEntry,
  take: Take,
  timeoutMs: number,
  deps: AdmissionDeps,
): Promise<Prepaid | null> {
  const sentAt = deps.now()
  const request = startCall(entry.holding, take, sentAt)
  const version = entry.served?.config.version ?? null
  const reply = await withTimeout(deps.callObject(keyId, request, version), timeoutMs)
  const now = deps.now()
  entry.failingUntil = 0
  if (reply.kind === 'unknown') {
    entry.served = null
    entry.unknownUntil = now + UNKNOWN_MS
    return null
  }
  const prepaid = finishCall(entry.holding, request, reply.grant, { sentAt, now }, deps.random())
  if (reply.config && reply.config.version >= (entry.served?.config.version ?? 0)) {
    entry.served = toServed(reply.config)
  }
  entry.freshUntil = Math.max(entry.freshUntil, sentAt + LEASE_TTL_MS)
  entry.confirmedAt = Math.max(entry.confirmedAt, sentAt)
  return prepaid
}

function toServed(config: KeyConfig): ServedConfig {
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

function degrade(keyId: string, entry: KeyEntry, ask: Ask, deps: AdmissionDeps): Access {
  if (!entry.served || !mayDegrade(entry, ask, deps.now())) throw refusals.limiterAway()
  return { keyId, entry, served: entry.served, prepaid: null, isDegraded: true }
}

/** Whether the request may be served by what was confirmed last, while the key's object does not answer. */
function mayDegrade({ served, confirmedAt }: KeyEntry, { isRead }: Ask, now: number): boolean {
  const isRecent = now - confirmedAt <= DEGRADED_FOR_MS
  return served !== null && isRead && isRecent && served.config.key.on_limiter_failure !== 'closed'
}

function takeFromFallback(entry: KeyEntry, limit: RateLimit, cost: number, now: number): void {
  const share = {
    rps: limit.rps * FALLBACK_SHARE,
    burst: Math.max(1, limit.burst * FALLBACK_SHARE),
    costs: limit.costs,
  }
  entry.fallback ??= newBucket(share, now)
  const need = Math.min(cost, share.burst)
  const granted = grant(entry.fallback, share, plainCall(need), now)
  if (granted.needId === null) throw limited(limit, granted.retryAfterMs)
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the key's object did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    )
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
