/** The jobs that make and remove a backup. */
import type { BackupFacts, DatabaseEngine } from '@db9/engine'
import type { JobDefinition } from '../jobs/definition.ts'

type Nothing = Record<string, never>

export interface BackupJobDeps {
  engine: Pick<DatabaseEngine, 'backup' | 'deleteBackup'>
  /** Milliseconds since the epoch. */
  clock: () => number
  /** A backup that takes longer is given up. */
  copyLimitMs: number
}

/** A backup of a database that goes on serving. */
export function defineBackup({
  engine,
  clock,
  copyLimitMs,
}: BackupJobDeps): JobDefinition<Nothing, { facts: BackupFacts }> {
  return {
    deadlineMs: copyLimitMs,
    steps: [
      {
        // The engine reads the backup back and checks it before it says that it is there.
        name: 'copy',
        async run({ job: { source_id, backup_id }, signal, onProgress }) {
          return { facts: await engine.backup(String(source_id), String(backup_id), { signal, onProgress }) }
        },
      },
    ],
    undo: ({ job }) => engine.deleteBackup(String(job.backup_id)),
    async done(trx, { job, state }) {
      await trx
        .updateTable('backups')
        .set({ state: 'ready', facts: JSON.stringify(state.facts), updated_at: new Date(clock()) })
        .where('id', '=', String(job.backup_id))
        .execute()
      return null
    },
    async failed(trx, { job }, state_reason) {
      await trx
        .updateTable('backups')
        .set({ state: 'failed', state_reason, updated_at: new Date(clock()) })
        .where('id', '=', String(job.backup_id))
        .execute()
    },
  }
}

export function defineDeleteBackup({ engine, clock }: BackupJobDeps): JobDefinition<Nothing, Nothing> {
  return {
    deadlineMs: null,
    steps: [
      {
        name: 'remove',
        async run({ job }) {
          await engine.deleteBackup(String(job.backup_id))
          return undefined
        },
      },
    ],
    async done(trx, { job }) {
      await trx
        .updateTable('backups')
        .set({ state: 'deleted', updated_at: new Date(clock()) })
        .where('id', '=', String(job.backup_id))
        .execute()
      return null
    },
    async failed() {
      throw new Error('the removal of a backup is tried until it is done')
    },
  }
}
