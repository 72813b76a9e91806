import type { BackupFacts } from '@db9/engine'
import type { OperationKind } from '../jobs/definition.ts'

type Nothing = Record<string, never>

/** A backup of a database that goes on serving. */
export const BACKUP: OperationKind<Nothing, { facts: BackupFacts }> = {
  deadlineMs: 6 * 3_600_000,
  steps: [
    {
      // Read back and held against its checksums before the engine says that it is there.
      name: 'copy',
      run: async ({ engine, operation: { source_id, backup_id }, signal, onProgress }) => ({
        facts: await engine.backup(String(source_id), String(backup_id), { signal, onProgress }),
      }),
    },
  ],
  undo: ({ engine, operation }) => engine.deleteBackup(String(operation.backup_id)),
  done: async (trx, { services, operation, state }) => {
    await trx
      .updateTable('backups')
      .set({ state: 'ready', facts: JSON.stringify(state.facts), updated_at: new Date(services.clock()) })
      .where('id', '=', String(operation.backup_id))
      .execute()
    return null
  },
  failed: async (trx, { services, operation }, state_reason) => {
    await trx
      .updateTable('backups')
      .set({ state: 'failed', state_reason, updated_at: new Date(services.clock()) })
      .where('id', '=', String(operation.backup_id))
      .execute()
  },
}

export const DELETE_BACKUP: OperationKind<Nothing, Nothing> = {
  deadlineMs: null,
  steps: [
    {
      name: 'remove',
      run: async ({ engine, operation }) => {
        await engine.deleteBackup(String(operation.backup_id))
        return undefined
      },
    },
  ],
  undo: null,
  done: async (trx, { services, operation }) => {
    await trx
      .updateTable('backups')
      .set({ state: 'deleted', updated_at: new Date(services.clock()) })
      .where('id', '=', String(operation.backup_id))
      .execute()
    return null
  },
  failed: async () => {
    throw new Error('the removal of a backup is tried until it is done')
  },
}
