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
  /** When the object was last asked about a `kid` that is not in the set. */
  askedAt: number
}

export type JwksReply = { keys: PublicJwk[] } | { error: string }

export interface KeySetSource {
  cache: Lru<KeySet>
  ask(databaseId: string, url: string, kid: string | null): Promise<JwksReply>
}

const FRESH_MS = 60_000
/** Tokens with made-up kids must not become calls to the object. */
const UNKNOWN_KID_MS = 1_000
/** While the object does not answer. */
const STALE_MS = 60 * 60_000

/** The keys that `kid` may be among. Throws an `Error` where there are none at all. */
export async function findKeySet(
  source: KeySetSource,
  from: { databaseId: string; url: string; kid: string | null },
  now: number,
): Promise<KeySet> {
  const name = `${from.databaseId} ${from.url}`
  const known = source.cache.get(name)
  const isFresh = known !== undefined && now - known.loadedAt < FRESH_MS
  const isUnknownKid = known !== undefined && from.kid !== null && !known.kids.has(from.kid)
  if (known && isFresh && !(isUnknownKid && now - known.askedAt >= UNKNOWN_KID_MS)) return known
  if (known) known.askedAt = now
  const reply = await source
    .ask(from.databaseId, from.url, from.kid)
    .catch((error): JwksReply => ({ error: String(error) }))
  if ('error' in reply) {
    if (known && now - known.loadedAt < STALE_MS) return known
    throw new Error(reply.error)
  }
  const set: KeySet = {
    kids: new Set(reply.keys.map(({ kid }) => kid ?? null)),
    getKey: createLocalJWKSet({ keys: reply.keys.map((key) => ({ ...key })) }),
    verifiers: await importVerifiers(reply.keys),
    loadedAt: now,
    askedAt: now,
  }
  source.cache.set(name, set)
  return set
}
