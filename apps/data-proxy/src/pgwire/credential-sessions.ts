/** The sessions that connect keys and tokens have opened: revoking one ends them. */
import type { Socket } from 'node:net'
import { BoundedMap } from '@db9/types/limits'
import { tellEnd } from './end-client.ts'

/** Ids are not used twice. A login that was begun before its key was revoked is over long before so many more are. */
const MOST_REVOKED = 10_000

export interface CredentialSession {
  client: Socket
  /** The pid of its backend in the server; null where the server named none. */
  backend: number | null
}

export class CredentialSessions {
  readonly #open = new Map<string, Set<CredentialSession>>()
  readonly #revoked = new BoundedMap<true>(MOST_REVOKED)

  /** Counts a session until its client goes. False where its key was revoked while it logged in. */
  begin(credentialId: string, session: CredentialSession): boolean {
    if (this.#revoked.get(credentialId)) return false
    const sessions = this.#open.get(credentialId) ?? new Set()
    this.#open.set(credentialId, sessions.add(session))
    session.client.once('close', () => {
      sessions.delete(session)
      if (sessions.size === 0 && this.#open.get(credentialId) === sessions) this.#open.delete(credentialId)
    })
    return true
  }

  /** Ends the sessions of a key, and those that it is about to open. Gives the pids of their backends. */
  revoke(credentialId: string): number[] {
    this.#revoked.set(credentialId, true)
    const sessions = [...(this.#open.get(credentialId) ?? [])]
    for (const { client } of sessions) tellEnd(client, 'terminating connection: its key was revoked')
    return sessions.flatMap(({ backend }) => (backend === null ? [] : [backend]))
  }
}
