/** The results of jobs as replies to requests that brought an Idempotency-Key. */
import type { Encryption } from '../encryption.ts'
import type { ResultClaims } from '../jobs/runner.ts'
import { dropClaim, storeReply } from './claims.ts'

/** Stores the result of a job as the reply that its claim is owed, and drops the claim of a job that failed. */
export function resultClaims(encryption: Encryption): ResultClaims {
  return {
    settle: (trx, id, { created, body }) =>
      storeReply(trx, encryption, { id, reply: { status: created ? 201 : 200, body } }),
    drop: dropClaim,
  }
}
