/** What every method of authentication has: verifiers that a client's proof is held against, and what a proof then opens. */
import type { ScramKeys } from '@db9/postgres/scram/keys'
import type { ScramVerifier } from '@db9/postgres/scram/verifier'
import type { VerifierReply } from '@db9/types/internal'

/** What a session with the server is opened with. */
export type Opening =
  /** The client's own proof. */
  | { kind: 'keys'; keys: ScramKeys }
  /** The service's password for the role, since the server has none that the client knows. */
  | { kind: 'service' }

/** One secret that opens sessions as a role. */
export interface Candidate {
  verifier: ScramVerifier
  /** The connect key or token, which can be revoked; null for a password. */
  credentialId: string | null
  opening(keys: ScramKeys): Opening
}

/** The secrets of one kind that are good for a role, of what the control API knows of it. */
export type AuthMethod = (reply: VerifierReply) => Candidate[]
