/** The job that gives admin a new password: first in Postgres, then in the row that shows it. */
import type { DatabaseEngine } from '@db9/engine'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import type { Kysely } from 'kysely'
import type { ProxyChange } from '../config.ts'
import type { JobDefinition } from '../jobs/definition.ts'
import type { Tables } from '../metadata/tables.ts'
import { endAdminSessions } from '../sql/end-sessions.ts'
import type { SqlWorkers } from '../sql/workers.ts'
import { ADMIN_USER, openAdminPassword } from './admin-password.ts'
import { findById } from './store.ts'
import { updateDatabaseRow } from './versions.ts'
import { type CredentialDeps, toCredentials } from './view.ts'

export interface ResetPasswordInput {
  /** The new password, sealed as the database's row will hold it: a repeat sets the same one. */
  sealedPassword: string
}

export interface ResetPasswordJobDeps extends CredentialDeps {
  db: Kysely<Tables>
  engine: Pick<DatabaseEngine, 'setAdminVerifier' | 'connect' | 'restoreLogins'>
  clock: () => number
  notifyProxy: (change: ProxyChange) => Promise<void>
  sqlWorkers: SqlWorkers
}

export function defineResetPassword(
  deps: ResetPasswordJobDeps,
): JobDefinition<ResetPasswordInput, Record<string, never>> {
  const { db, engine, encryption, clock, notifyProxy, sqlWorkers } = deps
  return {
    deadlineMs: 10 * 60_000,
    steps: [
      {
        name: 'set_password',
        async run({ databaseId, input }) {
          const sealed = { id: databaseId, admin_password: input.sealedPassword }
          await engine.setAdminVerifier(databaseId, makeScramVerifier(openAdminPassword(encryption, sealed)))
          return undefined
        },
      },
      {
        // A client that logged in with the old password must log in again.
        name: 'end_sessions',
        async run({ databaseId }) {
          await notifyProxy({ databaseId, what: 'passwords' })
          // Its own login may be one that a session has changed.
          await engine.restoreLogins(databaseId)
          await endAdminSessions(sqlWorkers, await engine.connect(databaseId), ADMIN_USER)
          return undefined
        },
      },
    ],
    // No caller was told the new password, so no session and no login has to end.
    async undo({ databaseId }) {
      const database = await findById(db, databaseId)
      await engine.setAdminVerifier(databaseId, makeScramVerifier(openAdminPassword(encryption, database)))
    },
    async done(trx, { job, input }) {
      const change = { admin_password: input.sealedPassword }
      const database = await updateDatabaseRow(trx, String(job.database_id), change, clock())
      return { created: false, body: toCredentials(deps, database) }
    },
    async failed() {},
  }
}
