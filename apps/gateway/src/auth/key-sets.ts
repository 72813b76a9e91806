/** The key sets that one isolate keeps. Only the database object fetches them from the identity provider. */
import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose'
import { importVerifiers, type Verifier } from '../fast/forged-token.ts'
import type { Lru } from '../lru.ts'
import type { PublicJwk } from './jwks.ts'

export interface KeySet {
  /** Null stands for the keys without a `kid`. */
  kids: ReadonlySet<string | null>
  getKey: JWTVerifyGetKey
  verifiers: readonly (Verifier | null)[]
  /** When the isolate got the keys, and when the object fetched them from the provider. */
  loadedAt: number
  fetchedAt: number
}

/** What is known of one URL. Times are in milliseconds. */
export interface KeySetEntry {
  /** Null where the isolate never had one. */
  set: KeySet | null
  /** Why the object had none at the last call; null where it had one. */
  error: string | null
  askedAt: number
}

export interface NoKeySet {
  error: string
}

/** `ageMs`: since the keys were fetched. An age, since the clocks of an isolate and of an object may differ. */
export type JwksReply = { keys: PublicJwk[]; ageMs: number } | NoKeySet

/** The key that is looked for, and its set. */
export interface KeyQuery {
  databaseId: string
  url: string
  kid: string | null
}

export interface KeySetSource {
  cache: Lru<KeySetEntry>
  ask(databaseId: string, url: string, kid: string | null): Promise<JwksReply>
}

const ISOLATE_FRESH_MS = 60_000
/** How often the object is called at most for an unknown `kid`, or while the provider is down. */
const ASK_AGAIN_MS = 1_000
/** How long after its fetch a set stays in use while the object has no newer one: as long as the object keeps it. */
const ISOLATE_STALE_MS = 60 * 60_000

/** The set that `kid` may be in, or why there is none. */
export async function findKeySet(
  source: KeySetSource,
  wanted: KeyQuery,
  now: number,
): Promise<KeySet | NoKeySet> {
  const name = `${wanted.databaseId} ${wanted.url}`
  const known = source.cache.get(name)
  if (known && !shouldAsk(known, wanted.kid, now)) return toSet(known, now)
  // While the object is asked after a failure, or about a kid, other requests use the known set.
  if (known) known.askedAt = now
  const entry = await askAnew(source, wanted, known?.set ?? null, now)
  source.cache.set(name, entry)
  return toSet(entry, now)
}

/** Without a newer set, the entry keeps the `last` one, with the reason. */
async function askAnew(
  source: KeySetSource,
  { databaseId, url, kid }: KeyQuery,
  last: KeySet | null,
  now: number,
): Promise<KeySetEntry> {
  try {
    const reply = await source.ask(databaseId, url, kid)
    if ('error' in reply) return { set: last, error: reply.error, askedAt: now }
    return { set: await importSet(reply.keys, reply.ageMs, now), error: null, askedAt: now }
  } catch (error) {
    return { set: last, error: String(error), askedAt: now }
  }
}

function shouldAsk({ set, error, askedAt }: KeySetEntry, kid: string | null, now: number): boolean {
  const isUnknownKid = set !== null && kid !== null && !set.kids.has(kid)
  if (error !== null || isUnknownKid) return now - askedAt >= ASK_AGAIN_MS
  return set === null || now - set.loadedAt >= ISOLATE_FRESH_MS
}

function toSet({ set, error }: KeySetEntry, now: number): KeySet | NoKeySet {
  return set && now - set.fetchedAt < ISOLATE_STALE_MS ? set : { error: error ?? 'it is too old' }
}

async function importSet(keys: PublicJwk[], ageMs: number, now: number): Promise<KeySet> {
  return {
    kids: new Set(keys.map(({ kid }) => kid ?? null)),
    getKey: createLocalJWKSet({ keys: keys.map((key) => ({ ...key })) }),
    verifiers: await importVerifiers(keys),
    loadedAt: now,
    fetchedAt: now - ageMs,
  }
}
