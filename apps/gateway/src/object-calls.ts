/** The calls that the Durable Objects answer: the types of their bindings, apart from the classes. */
import type { RateLimit, RefusedRequest } from '@db9/types/internal'
import type { JwksReply } from './auth/key-sets.ts'
import type { Grant, LeaseCall } from './keys/bucket.ts'
import type { KeyObjectReply } from './keys/object-client.ts'

/** The object of one publishable key. */
export interface KeyCalls extends Rpc.DurableObjectBranded {
  /** Grants tokens, and gives the configuration where the isolate has another version of it. */
  lease(keyId: string, call: LeaseCall, knownVersion: number | null): Promise<KeyObjectReply>
  /** Tokens of this object's bucket, for its own key and for the keys that replaced it. */
  take(call: LeaseCall, limit: RateLimit): Promise<Grant>
  /** The configuration has changed: the next reply carries the new one. */
  invalidate(): Promise<void>
}

/** The object of one database. */
export interface DatabaseCalls extends Rpc.DurableObjectBranded {
  /** The keys at `url`. `kid` is one that the isolate did not find in its own set; null where it looks for none. */
  jwks(url: string, kid: string | null): Promise<JwksReply>
  /** Keeps the last requests that were refused. */
  noteRefused(refused: RefusedRequest[]): Promise<void>
  /** The newest first. */
  refused(): Promise<RefusedRequest[]>
}
