/** Who is signed in. The token lives in this tab alone and ends by itself. */

const STORED = 'browser-todo-session'

export interface Session {
  user: string
  token: string
  /** Milliseconds since the epoch. */
  expiresAt: number
}

/** The session of this tab, or null where there is none or its time is over. */
export function currentSession(now: number = Date.now()): Session | null {
  const stored = sessionStorage.getItem(STORED)
  if (stored === null) return null
  const session: Session = JSON.parse(stored)
  if (session.expiresAt > now) return session
  signOut()
  return null
}

/** Exchanges a user name for a token at the identity provider. Throws with its message where it refuses. */
export async function signIn(idpUrl: string, username: string): Promise<void> {
  const response = await fetch(`${idpUrl}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username }),
  })
  const reply = await response.json()
  if (!response.ok) throw new Error(reply.message)
  const session: Session = {
    user: reply.user,
    token: reply.access_token,
    expiresAt: Date.now() + reply.expires_in * 1000,
  }
  sessionStorage.setItem(STORED, JSON.stringify(session))
}

export function signOut(): void {
  sessionStorage.removeItem(STORED)
}
