/** Runs what a read-write token sends. */
import type { DatabaseEngine } from '@db9/engine'
import { ApiError } from '../errors.ts'
import type { Outcome } from './outcome.ts'
import type { Places } from './queue.ts'
import { toUnavailable } from './wake.ts'
import type { SessionRun } from './worker.ts'
import type { SqlWorkers } from './workers.ts'

export interface HoldDeps {
  engine: Pick<DatabaseEngine, 'holdRoles'>
  sqlWorkers: SqlWorkers
  /** Places of statements that hold a database's roles. */
  roleHolds: Places
}

/**
 * Runs a statement of a read-write token. No role, password or membership can change meanwhile, since it would outlive the
 * token (docs/decisions/0013).
 */
export async function runWithoutRoles(
  { engine, sqlWorkers, roleHolds }: HoldDeps,
  databaseId: string,
  run: SessionRun,
  signal: AbortSignal,
): Promise<Outcome> {
  return roleHolds(databaseId, signal, async () => {
    const hold = await engine.holdRoles(databaseId).catch(toUnavailable)
    let isRefused = false
    let outcome: Outcome
    try {
      outcome = await sqlWorkers.run(run, signal, hold.watch)
    } finally {
      isRefused = (await hold.release().catch(toUnavailable)).isRefused
    }
    if (!isRefused) return outcome
    throw new ApiError(
      'forbidden',
      'a read-write token cannot create or change roles, their passwords or memberships, nor VACUUM or ANALYZE all tables at once; use a token of the whole account',
    )
  })
}
