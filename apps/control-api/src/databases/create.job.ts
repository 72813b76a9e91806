import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import type { OperationKind } from '../jobs/definition.ts'
import { settingsOf } from '../settings/handlers.ts'
import { findById } from './store.ts'
import { changeDatabase } from './versions.ts'
import { openAdminPassword, toCredentials, toDatabase } from './view.ts'

/** A database from the template. */
export const CREATE: OperationKind<Record<string, never>, Record<string, never>> = {
  deadlineMs: 10 * 60_000,
  steps: [
    {
      name: 'create',
      run: async ({ engine, services: { db, sealer }, databaseId }) => {
        const database = await findById(db, databaseId)
        const adminVerifier = makeScramVerifier(openAdminPassword(sealer, database))
        await engine.create({ id: databaseId, adminVerifier, settings: settingsOf(engine, database) })
        return undefined
      },
    },
  ],
  undo: ({ engine, databaseId }) => engine.destroy(databaseId),
  done: async (trx, { services, operation }) => {
    const id = String(operation.database_id)
    const change = { state: 'ACTIVE', state_reason: null, os_uid: services.engine.osUid(id) } as const
    const database = await changeDatabase(trx, id, change, services.clock())
    return { status: 201, body: { ...toDatabase(database), ...toCredentials(services, database) } }
  },
  failed: async (trx, { services, operation }, state_reason) => {
    const change = { state: 'CREATE_FAILED', state_reason } as const
    await changeDatabase(trx, String(operation.database_id), change, services.clock())
  },
}
