/** Runs what a caller sends as SQL, with the rights of its token. */
import type { DatabaseEngine } from '@db9/engine'
import { accessTo, type Caller } from '../auth/caller.ts'
import type { TokenUses } from '../auth/token-uses.ts'
import type { SqlLimits } from '../config.ts'
import { requireActive } from '../databases/store.ts'
import type { DatabaseRow } from '../metadata/tables.ts'
import { toApiError } from './errors.ts'
import { loggedIn } from './logged-in.ts'
import type { SqlQueue } from './queue.ts'
import type { Task } from './task.ts'
import { wake } from './wake.ts'
import { type HoldDeps, runWithoutRoles } from './without-roles.ts'
import type { SessionRun } from './worker.ts'

export interface OwnerTaskDeps extends HoldDeps {
  engine: Pick<DatabaseEngine, 'connect' | 'holdRoles' | 'restoreLogins'>
  sqlLimits: SqlLimits
  sqlQueue: SqlQueue
  tokenUses: TokenUses
}

interface OwnerCall {
  caller: Caller
  database: DatabaseRow
  request: { signal: AbortSignal }
}

/** The task's reply as JSON; it has run in a session of its own, as admin, or as the role that only reads. Throws an `ApiError` where it failed. */
export async function runOwnerTask(
  deps: OwnerTaskDeps,
  { caller, database, request }: OwnerCall,
  task: Task,
  limits: SqlLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const access = accessTo(caller, database)
  const readOnly = access === 'ro'
  requireActive(database)
  const { customerId: account } = caller
  return deps.tokenUses.whileValid(caller, request, (signal) =>
    deps.sqlQueue.run({ databaseId: database.id, account }, signal, async () => {
      const { address, database: name, logins, storage } = await wake(deps.engine, database.id)
      const { statementTimeoutMs, maxRows, maxBytes, accountBytes } = limits
      const options = {
        as: readOnly ? ('reader' as const) : ('admin' as const),
        ...{ address, database: name, logins, readOnly, isOurs: false },
        ...{ statementTimeoutMs, maxRows, maxBytes },
      }
      const run: SessionRun = { task, options, account, accountBytes }
      const outcome = await loggedIn(deps.engine, database.id, () =>
        access === 'rw' ? runWithoutRoles(deps, database.id, run, signal) : deps.sqlWorkers.run(run, signal),
      )
      if (outcome.kind !== 'reply') throw toApiError(outcome, { readOnly, limits, storage })
      return outcome.json
    }),
  )
}
