/** Runs a request's SQL, and once more where a session of the database had changed the login that it runs by. */
import type { DatabaseEngine } from '@db9/engine'
import type { Outcome } from './outcome.ts'
import { toUnavailable } from './wake.ts'

/** Nothing has run where a login is refused, so that a second run repeats nothing. */
export async function loggedIn(
  engine: Pick<DatabaseEngine, 'restoreLogins'>,
  databaseId: string,
  run: () => Promise<Outcome>,
): Promise<Outcome> {
  const outcome = await run()
  if (outcome.kind !== 'login_changed') return outcome
  await engine.restoreLogins(databaseId).catch(toUnavailable)
  return run()
}
