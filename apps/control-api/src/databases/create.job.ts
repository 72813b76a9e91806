/** The job that makes a database from the template. */
import type { DatabaseEngine } from '@db9/engine'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import type { Kysely } from 'kysely'
import type { JobDefinition } from '../jobs/definition.ts'
import type { Tables } from '../metadata/tables.ts'
import { settingsOf } from '../settings/settings.ts'
import { openAdminPassword } from './admin-password.ts'
import { findById } from './store.ts'
import { updateDatabaseRow } from './versions.ts'
import { type CredentialDeps, toCredentials, toDatabase } from './view.ts'

export interface CreateJobDeps extends CredentialDeps {
  db: Kysely<Tables>
  engine: Pick<DatabaseEngine, 'create' | 'destroy' | 'osUid' | 'defaultSettings'>
  clock: () => number
}

type Nothing = Record<string, never>

export function defineCreate(deps: CreateJobDeps): JobDefinition<Nothing, Nothing> {
  const { db, engine, encryption, clock } = deps
  return {
    deadlineMs: 10 * 60_000,
    steps: [
      {
        name: 'create',
        async run({ databaseId }) {
          const database = await findById(db, databaseId)
          const adminVerifier = makeScramVerifier(openAdminPassword(encryption, database))
          await engine.create({ id: databaseId, adminVerifier, settings: settingsOf(engine, database) })
          return undefined
        },
      },
    ],
    undo: ({ databaseId }) => engine.destroy(databaseId),
    async done(trx, { job }) {
      const id = String(job.database_id)
      const change = { state: 'ACTIVE', state_reason: null, os_uid: engine.osUid(id) } as const
      const database = await updateDatabaseRow(trx, id, change, clock())
      return { created: true, body: { ...toDatabase(database), ...toCredentials(deps, database) } }
    },
    async failed(trx, { job }, state_reason) {
      const change = { state: 'CREATE_FAILED', state_reason } as const
      await updateDatabaseRow(trx, String(job.database_id), change, clock())
    },
  }
}
