/** The sweep: begins what is due by the clock, and repairs rows that were left without their job. */
import { pruneAudit } from '../audit/audit.ts'
import { deleteOldBackups } from '../backups/expire.ts'
import type { Retention } from '../config.ts'
import { endLeftSessions, type RevokeDeps } from '../connect-keys/revoke.ts'
import { removeExpired } from '../connect-tokens/signing-keys.ts'
import type { DeleteDeps } from '../databases/delete.ts'
import { deleteExpired, deleteOrphaned } from '../databases/expire.ts'
import { purgeDue, purgeForRoom, purgeOverLimit } from '../databases/purge.ts'
import { pruneJobs } from '../jobs/prune.ts'
import { removeRestores } from '../restores/store.ts'
import { repairBackups, repairDatabases } from './repair.ts'

export type SweepDeps = DeleteDeps & RevokeDeps & { retention: Retention }

export async function sweep(deps: SweepDeps): Promise<void> {
  const { db, clock, retention } = deps
  await deleteExpired(deps)
  await deleteOrphaned(deps)
  await purgeDue(deps)
  await purgeOverLimit(deps)
  await purgeForRoom(deps)
  await deleteOldBackups(deps)
  await repairDatabases(deps)
  await repairBackups(deps)
  await endLeftSessions(deps)
  await removeExpired(db, clock())
  await pruneJobs({ db, removeReferences: removeRestores }, new Date(clock() - retention.operationsMs))
  await pruneAudit(db, new Date(clock() - retention.anonymousAuditMs))
}
