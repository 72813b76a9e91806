import type { CopyOrigin } from '@db9/engine'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import type { OperationKind } from '../jobs/definition.ts'
import type { OperationRow } from '../metadata/tables.ts'
import { settingsOf } from '../settings/handlers.ts'
import { findById } from './store.ts'
import { changeDatabase } from './versions.ts'
import { openAdminPassword, toBranch } from './view.ts'

/** What a branch is asked to be. */
export interface BranchInput {
  /** The moment of the source, RFC 3339, or the moment of the copy. */
  at: string
  data: boolean
}

export interface CopyState {
  /** Login roles that have no password any more. */
  lostPasswords: string[]
}

/** A branch: another database's copy, now or at a moment of its past. */
export const BRANCH = copyOf<BranchInput>(({ source_id }, { at, data }) => ({
  kind: 'database',
  id: String(source_id),
  at: at === 'now' ? at : new Date(at),
  data,
}))

/** A backup as a new database. */
export const RESTORE = copyOf<Record<string, never>>(({ backup_id }) => ({
  kind: 'backup',
  backupId: String(backup_id),
}))

function copyOf<Input>(
  originOf: (operation: OperationRow, input: Input) => CopyOrigin,
): OperationKind<Input, CopyState> {
  return {
    deadlineMs: 6 * 3_600_000,
    steps: [
      {
        name: 'stage',
        run: async ({ engine, services: { db }, databaseId, operation, input, signal, onProgress }) => {
          const settings = settingsOf(engine, await findById(db, databaseId)) ?? engine.defaultSettings
          const { diskQuotaBytes } = settings
          await engine.stage(databaseId, originOf(operation, input), { signal, onProgress, diskQuotaBytes })
          return undefined
        },
      },
      {
        // Before any client can reach it: the source's passwords must not open the copy.
        name: 'secure',
        run: async ({ engine, services: { db, sealer }, databaseId }) => {
          const database = await findById(db, databaseId)
          return engine.resetSecrets(databaseId, {
            adminVerifier: makeScramVerifier(openAdminPassword(sealer, database)),
          })
        },
      },
      {
        name: 'publish',
        run: async ({ engine, services: { db }, databaseId }) => {
          await engine.publish(databaseId)
          const settings = settingsOf(engine, await findById(db, databaseId))
          if (settings) await engine.configure(databaseId, settings)
          return undefined
        },
      },
    ],
    undo: async ({ engine, databaseId }) => {
      await engine.discard(databaseId)
      await engine.destroy(databaseId)
    },
    done: async (trx, { services, operation, state }) => {
      const id = String(operation.database_id)
      const change = { state: 'ACTIVE', state_reason: null, os_uid: services.engine.osUid(id) } as const
      const database = await changeDatabase(trx, id, change, services.clock())
      return { status: 201, body: toBranch(services, database, operation.id, state.lostPasswords ?? []) }
    },
    failed: async (trx, { services, operation }, state_reason) => {
      const change = { state: 'CREATE_FAILED', state_reason } as const
      await changeDatabase(trx, String(operation.database_id), change, services.clock())
    },
  }
}
