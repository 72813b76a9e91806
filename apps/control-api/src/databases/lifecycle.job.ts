import type { OperationKind, OperationRun } from '../jobs/definition.ts'
import { changeDatabase } from './versions.ts'
import { toCredentials, toDatabase } from './view.ts'

type Nothing = Record<string, never>

/** A database that stops serving, with its data kept for the grace period. */
export const DELETE: OperationKind<Nothing, Nothing> = {
  deadlineMs: null,
  steps: [
    {
      name: 'retire',
      run: async ({ engine, databaseId }) => {
        await engine.softDelete(databaseId)
        return undefined
      },
    },
  ],
  undo: null,
  done: async (trx, { services, operation }) => {
    const { deletedDatabasesMs, backupsMs } = services.config.retention
    const id = String(operation.database_id)
    const now = services.clock()
    const purgeAt = new Date(now + deletedDatabasesMs)
    const change = {
      state: 'DISABLED',
      state_reason: null,
      deleted_at: new Date(now),
      purge_at: purgeAt,
    } as const
    await changeDatabase(trx, id, change, now)
    await trx
      .updateTable('backups')
      .set({ expires_at: new Date(purgeAt.getTime() + backupsMs), updated_at: new Date(now) })
      .where('database_id', '=', id)
      .where('expires_at', 'is', null)
      .execute()
    return null
  },
  failed: neverFails,
  announce: async ({ services, operation }) =>
    services.notifyProxy({ databaseId: String(operation.database_id), what: 'gone' }),
}

export interface PurgeInput {
  /** Why before the end of its grace period; null: at its end. */
  early: string | null
}

/** The end of a deleted database: its data goes, and with it whatever could still open it. */
export const PURGE: OperationKind<Partial<PurgeInput>, Nothing> = {
  deadlineMs: null,
  steps: [
    {
      name: 'destroy',
      run: async ({ engine, databaseId }) => {
        await engine.destroy(databaseId)
        return undefined
      },
    },
  ],
  undo: null,
  done: async (trx, { services, operation, input }) => {
    const id = String(operation.database_id)
    const now = new Date(services.clock())
    const state_reason = input.early ? `it was purged early: ${input.early}` : null
    // No file is left: another database may have its user.
    await changeDatabase(trx, id, { purged_at: now, state_reason, os_uid: null }, now.getTime())
    await trx
      .updateTable('publishable_keys')
      .set({ revoked_at: now })
      .where('database_id', '=', id)
      .where('revoked_at', 'is', null)
      .execute()
    return null
  },
  failed: neverFails,
}

/** A deleted database that serves again. */
export const RECOVER: OperationKind<Nothing, Nothing> = {
  deadlineMs: 10 * 60_000,
  steps: [
    {
      name: 'revive',
      run: async ({ engine, databaseId }) => {
        await engine.undelete(databaseId)
        return undefined
      },
    },
  ],
  undo: ({ engine, databaseId }) => engine.softDelete(databaseId),
  done: async (trx, { services, operation }) => {
    const id = String(operation.database_id)
    const now = services.clock()
    const change = { state: 'ACTIVE', state_reason: null, deleted_at: null, purge_at: null } as const
    const database = await changeDatabase(trx, id, change, now)
    await trx
      .updateTable('backups')
      .set({ expires_at: null, updated_at: new Date(now) })
      .where('database_id', '=', id)
      .execute()
    return { status: 200, body: { ...toDatabase(database), ...toCredentials(services, database) } }
  },
  failed: async (trx, { services, operation }, state_reason) => {
    const change = { state: 'DISABLED', state_reason } as const
    await changeDatabase(trx, String(operation.database_id), change, services.clock())
  },
  announce: ({ services, operation }) => services.announcer.announce(String(operation.database_id)),
}

async function neverFails(_: unknown, { operation }: OperationRun<unknown, unknown>): Promise<void> {
  throw new Error(`${operation.kind} is tried until it is done`)
}
