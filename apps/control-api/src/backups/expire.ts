/** Removes backups that are kept no longer. */
import type { BackupRow } from '../metadata/tables.ts'
import { type BeginDeps, beginAndRun, MOST_AT_ONCE } from '../operations/begin.ts'
import { insertDeleteBackup } from './store.ts'

export interface ExpireDeps extends BeginDeps {
  /** Milliseconds since the epoch. */
  clock: () => number
}

export async function deleteOldBackups(deps: ExpireDeps): Promise<void> {
  const due = await deps.db
    .selectFrom('backups')
    .selectAll()
    .where('state', '=', 'ready')
    .where('expires_at', '<=', new Date(deps.clock()))
    .limit(MOST_AT_ONCE)
    .execute()
  for (const backup of due) await beginDeleteBackup(deps, backup)
}

/** Begins and runs the removal of a backup. */
export function beginDeleteBackup(deps: ExpireDeps, backup: BackupRow): Promise<void> {
  return beginAndRun(deps, (trx) => insertDeleteBackup(trx, deps.jobs, { backup, now: deps.clock() }))
}
