/** Key sets as one isolate keeps them; the database's Durable Object is the only one that fetches. */
import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose'
import type { Lru } from '../lru.ts'
import type { PublicJwk } from './jwks.ts'
import { importVerifiers, type Verifier } from './signature.ts'

export interface KeySet {
  /** null stands for keys without one. */
  kids: ReadonlySet<string | null>
  getKey: JWTVerifyGetKey
  verifiers: readonly (Verifier | null)[]
  loadedAt: number
}

/** What is known of one URL. Times are in milliseconds. */
export interface KeySetEntry {
  /** Null where none was ever had. */
  set: KeySet | null
  /** Why the object had none when it was asked last; null where it had one. */
  error: string | null
  askedAt: number
}

export interface NoKeySet {
  error: string
}

export type JwksReply = { keys: PublicJwk[] } | NoKeySet

/** Which key is looked for, and where. */
export interface KeyQuery {
  databaseId: string
  url: string
  kid: string | null
}

export interface KeySetSource {
  cache: Lru<KeySetEntry>
  ask(databaseId: string, url: string, kid: string | null): Promise<JwksReply>
}

const FRESH_MS = 60_000
/** Neither tokens with made-up kids nor a provider that is down may make each request a call to the object. */
const ASK_AGAIN_MS = 1_000
/** While the object has no newer ones. */
const STALE_MS = 60 * 60_000

/** The keys that `kid` may be among, or why there are none at all. */
export async function findKeySet(
  source: KeySetSource,
  wanted: KeyQuery,
  now: number,
): Promise<KeySet | NoKeySet> {
  const name = `${wanted.databaseId} ${wanted.url}`
  const known = source.cache.get(name)
  if (known && !shouldAsk(known, wanted.kid, now)) return toSet(known, now)
  // Whoever comes while it is asked about a failure, or about a kid, has what was known before.
  if (known) known.askedAt = now
  const entry = await askAnew(source, wanted, known?.set ?? null, now)
  source.cache.set(name, entry)
  return toSet(entry, now)
}

/** Where there is no newer set, the `last` one stays, beside the reason. */
async function askAnew(
  source: KeySetSource,
  { databaseId, url, kid }: KeyQuery,
  last: KeySet | null,
  now: number,
): Promise<KeySetEntry> {
  try {
    const reply = await source.ask(databaseId, url, kid)
    if ('error' in reply) return { set: last, error: reply.error, askedAt: now }
    return { set: await importSet(reply.keys, now), error: null, askedAt: now }
  } catch (error) {
    return { set: last, error: String(error), askedAt: now }
  }
}

function shouldAsk({ set, error, askedAt }: KeySetEntry, kid: string | null, now: number): boolean {
  const isUnknownKid = set !== null && kid !== null && !set.kids.has(kid)
  if (error !== null || isUnknownKid) return now - askedAt >= ASK_AGAIN_MS
  return set === null || now - set.loadedAt >= FRESH_MS
}

function toSet({ set, error }: KeySetEntry, now: number): KeySet | NoKeySet {
  return set && now - set.loadedAt < STALE_MS ? set : { error: error ?? 'it is too old' }
}

async function importSet(keys: PublicJwk[], now: number): Promise<KeySet> {
  return {
    kids: new Set(keys.map(({ kid }) => kid ?? null)),
    getKey: createLocalJWKSet({ keys: keys.map((key) => ({ ...key })) }),
    verifiers: await importVerifiers(keys),
    loadedAt: now,
  }
}
