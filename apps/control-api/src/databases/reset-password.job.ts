import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import type { OperationKind } from '../jobs/definition.ts'
import { endAdminSessions } from '../sql/end-sessions.ts'
import { findById } from './store.ts'
import { changeDatabase } from './versions.ts'
import { openAdminPassword, toCredentials } from './view.ts'

export interface ResetPasswordInput {
  /** The new password, sealed as the database's row will hold it: a repeat sets the same one. */
  sealedPassword: string
}

/** A new password for admin: first in Postgres, then in the row that tells it. */
export const RESET_PASSWORD: OperationKind<ResetPasswordInput, Record<string, never>> = {
  deadlineMs: 10 * 60_000,
  steps: [
    {
      name: 'set_password',
      run: async ({ engine, services: { sealer }, databaseId, input }) => {
        const password = openAdminPassword(sealer, { id: databaseId, admin_password: input.sealedPassword })
        await engine.setAdminVerifier(databaseId, makeScramVerifier(password))
        return undefined
      },
    },
    {
      // Whoever logged in with the old password is asked for the new one.
      name: 'end_sessions',
      run: async ({ engine, services, databaseId }) => {
        services.notifyProxy({ databaseId, what: 'passwords' })
        await endAdminSessions(await engine.connect(databaseId))
        return undefined
      },
    },
  ],
  undo: async ({ engine, services: { db, sealer }, databaseId }) => {
    const database = await findById(db, databaseId)
    await engine.setAdminVerifier(databaseId, makeScramVerifier(openAdminPassword(sealer, database)))
  },
  done: async (trx, { services, operation, input }) => {
    const change = { admin_password: input.sealedPassword }
    const database = await changeDatabase(trx, String(operation.database_id), change, services.clock())
    return { status: 200, body: toCredentials(services, database) }
  },
  failed: async () => {},
}
