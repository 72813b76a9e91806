/** What the Durable Objects answer: the types of their bindings, which need not know the classes. */
import type { DatabaseOrigins, RateLimit } from '@db9/types/internal'
import type { JwksReply } from '../auth/key-sets.ts'
import type { LimiterReply } from '../limiter/admission.ts'
import type { Grant, LeaseCall } from '../limiter/bucket.ts'

/** The object of one publishable key. */
export interface KeyCalls extends Rpc.DurableObjectBranded {
  /** Grants tokens, and hands out the configuration where the caller has not this version of it. */
  lease(keyId: string, call: LeaseCall, knownVersion: number | null): Promise<LimiterReply>
  /** Tokens of this object's bucket, for its own key and for those that came in its place. */
  take(call: LeaseCall, limit: RateLimit): Promise<Grant>
  /** The configuration changed: the next lease carries the new one. */
  invalidate(): Promise<void>
}

/** The object of one database. */
export interface DatabaseCalls extends Rpc.DurableObjectBranded {
  /** The keys at `url`. `kid` is one that the caller did not find among those it has. */
  jwks(url: string, kid: string | null): Promise<JwksReply>
  /** The union of the database's origins. Isolates ask once they know of the database: asking makes the object. */
  origins(databaseId: string): Promise<DatabaseOrigins | null>
  /** Keys of the database changed. */
  invalidate(): Promise<void>
}
