/** Calls from an isolate to the object of a key: for tokens, and for the key's configuration with them. */
import type { KeyConfig } from '@db9/types/internal'
import { within } from '@db9/types/within'
import type { Lru } from '../lru.ts'
import { type Grant, LEASE_TTL_MS, type LeaseCall } from './bucket.ts'
import { mayFallBack } from './fallback.ts'
import { type KeyEntry, toServed } from './key-entry.ts'
import { finishCall, type Prepaid, startCall, type Take } from './local-leases.ts'

export type KeyObjectReply =
  | { kind: 'unknown' }
  /** `config` is null where the isolate already has this version. */
  | { kind: 'granted'; grant: Grant; version: number; config: KeyConfig | null }

export interface AdmissionDeps {
  entries: Lru<KeyEntry>
  callObject(keyId: string, call: LeaseCall, knownVersion: number | null): Promise<KeyObjectReply>
  /** Milliseconds. */
  now(): number
  /** In [0, 1). */
  random(): number
  /** Lets work go on after the reply. */
  waitUntil(work: Promise<unknown>): void
  onFailure(error: unknown): void
}

/** What a waiting request asks for. */
export interface Ask extends Take {
  isRead: boolean
}

/** `unavailable`: the object did not answer. */
export type CallOutcome =
  | { kind: 'admitted'; prepaid: Prepaid }
  | { kind: 'denied' }
  | { kind: 'unavailable' }

const COLD_TIMEOUT_MS = 5_000
const READ_TIMEOUT_MS = 200
const WRITE_TIMEOUT_MS = 2_000
const FAILING_MS = 1_000
const UNKNOWN_MS = 2_000

/** A call that a request waits for. */
export async function callForRequest(entry: KeyEntry, ask: Ask, deps: AdmissionDeps): Promise<CallOutcome> {
  const now = deps.now()
  if (entry.served && now < entry.failingUntil) return { kind: 'unavailable' }
  try {
    const prepaid = await call(entry, ask, patienceMs(entry, ask, now), deps)
    return prepaid ? { kind: 'admitted', prepaid } : { kind: 'denied' }
  } catch (error) {
    entry.failingUntil = deps.now() + FAILING_MS
    deps.onFailure(error)
    return { kind: 'unavailable' }
  }
}

/** A read waits briefly only where it may go on without the object. */
function patienceMs(entry: KeyEntry, { isRead }: Ask, now: number): number {
  if (!entry.served) return COLD_TIMEOUT_MS
  if (!isRead) return WRITE_TIMEOUT_MS
  return mayFallBack(entry, isRead, now) ? READ_TIMEOUT_MS : COLD_TIMEOUT_MS
}

/** No request waits for a renewal, so it needs no tokens at once. */
const NOTHING: Take = { cost: 0, callers: [] }

/** Asks for a new lease in the background. */
export async function renew(entry: KeyEntry, deps: AdmissionDeps): Promise<void> {
  // A failure is handled when a request has to wait for the object.
  await call(entry, NOTHING, LEASE_TTL_MS, deps).catch(() => undefined)
}

/** One call to the key's object. Null where the tokens were not granted. Throws where the object does not answer. */
async function call(
  entry: KeyEntry,
  take: Take,
  timeoutMs: number,
  deps: AdmissionDeps,
): Promise<Prepaid | null> {
  const sentAt = deps.now()
  const request = startCall(entry.local, take, sentAt)
  const version = entry.served?.config.version ?? null
  const reply = await within(timeoutMs, deps.callObject(entry.keyId, request, version), () => {
    throw new Error(`the key's object did not answer within ${timeoutMs} ms`)
  })
  const now = deps.now()
  entry.failingUntil = 0
  if (reply.kind === 'unknown') {
    entry.served = null
    entry.unknownUntil = now + UNKNOWN_MS
    return null
  }
  const prepaid = finishCall(entry.local, request, reply.grant, { sentAt, now }, deps.random())
  if (reply.config && reply.config.version >= (entry.served?.config.version ?? 0)) {
    entry.served = toServed(reply.config)
  }
  entry.freshUntil = Math.max(entry.freshUntil, sentAt + LEASE_TTL_MS)
  entry.confirmedAt = Math.max(entry.confirmedAt, sentAt)
  return prepaid
}
