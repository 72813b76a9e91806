/** Ends the sessions that a revoked connect key or token has opened. */
import type { DatabaseEngine } from '@db9/engine'
import type { RevokedCredential } from '../config.ts'

export interface EndSessionDeps {
  engine: Pick<DatabaseEngine, 'endSessions'>
  /** Has the data proxy close them; gives the pids of their backends. Rejects where it does not answer. */
  endCredential: (credential: RevokedCredential) => Promise<number[]>
}

/** The proxy closes the connections; a backend may go on with its statement, so that the server ends it, too. */
export async function endSessionsOf(
  { engine, endCredential }: EndSessionDeps,
  credential: RevokedCredential,
): Promise<void> {
  const backends = await endCredential(credential)
  if (backends.length > 0) await engine.endSessions(credential.databaseId, backends)
}
