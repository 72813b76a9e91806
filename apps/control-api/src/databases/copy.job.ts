/** The jobs that make a database as a copy: of another database (a branch), or of a backup (a restore). */
import type { CopyOrigin, DatabaseEngine, TableName } from '@db9/engine'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import type { Kysely } from 'kysely'
import type { JobDefinition } from '../jobs/definition.ts'
import type { JobRow, Tables } from '../metadata/tables.ts'
import { parseExact } from '../rfc3339.ts'
import { settingsOf } from '../settings/settings.ts'
import { openAdminPassword } from './admin-password.ts'
import { findById } from './store.ts'
import { updateDatabaseRow } from './versions.ts'
import { type CredentialDeps, toBranch } from './view.ts'

/** What a branch is asked to be. */
export interface BranchInput {
  /** A point in time of the source, RFC 3339, or the moment of the copy. */
  at: string
  data: boolean
  /** Of a branch without data; left out by earlier releases. */
  keep?: TableName[]
}

export interface CopyState {
  /** Login roles that have no password any more. */
  lostPasswords: string[]
}

export interface CopyJobDeps extends CredentialDeps {
  db: Kysely<Tables>
  engine: Pick<
    DatabaseEngine,
    'stage' | 'resetSecrets' | 'publish' | 'discard' | 'destroy' | 'configure' | 'osUid' | 'defaultSettings'
  >
  clock: () => number
  /** A copy that takes longer is given up: it holds one of the account's places. */
  copyLimitMs: number
}

/** Another database's copy, now or at a point in time. */
export function defineBranch(deps: CopyJobDeps): JobDefinition<BranchInput, CopyState> {
  return defineCopy(deps, ({ source_id }, { at, data, keep = [] }) => ({
    kind: 'database',
    id: String(source_id),
    ...momentOf(at),
    data,
    ...(keep.length > 0 && { keep }),
  }))
}

function momentOf(at: string): { at: 'now' | Date; micros?: number } {
  if (at === 'now') return { at }
  const exact = parseExact(at)
  if (!exact) throw new Error(`the moment ${at} was not checked`)
  return { at: exact.at, micros: exact.micros }
}

/** A backup as a new database. */
export function defineRestore(deps: CopyJobDeps): JobDefinition<Record<string, never>, CopyState> {
  return defineCopy(deps, ({ backup_id }) => ({ kind: 'backup', backupId: String(backup_id) }))
}

/** The roles that lost their passwords, of a branch or a restore; null until they are known. */
export function rolesWithoutPassword({ state }: Pick<JobRow, 'state'>): string[] | null {
  return (state as Partial<CopyState>).lostPasswords ?? null
}

function defineCopy<Input>(
  deps: CopyJobDeps,
  originOf: (job: JobRow, input: Input) => CopyOrigin,
): JobDefinition<Input, CopyState> {
  const { db, engine, encryption, clock, copyLimitMs } = deps
  return {
    deadlineMs: copyLimitMs,
    steps: [
      {
        name: 'stage',
        async run({ databaseId, job, input, signal, onProgress }) {
          const settings = settingsOf(engine, await findById(db, databaseId)) ?? engine.defaultSettings
          const { diskQuotaBytes } = settings
          await engine.stage(databaseId, originOf(job, input), { signal, onProgress, diskQuotaBytes })
          return undefined
        },
      },
      {
        // Before any client can reach it: the source's passwords must not open the copy.
        name: 'secure',
        async run({ databaseId }) {
          const database = await findById(db, databaseId)
          return engine.resetSecrets(databaseId, {
            adminVerifier: makeScramVerifier(openAdminPassword(encryption, database)),
          })
        },
      },
      {
        name: 'publish',
        async run({ databaseId }) {
          await engine.publish(databaseId)
          const settings = settingsOf(engine, await findById(db, databaseId))
          if (settings) await engine.configure(databaseId, settings)
          return undefined
        },
      },
    ],
    async undo({ databaseId }) {
      await engine.discard(databaseId)
      await engine.destroy(databaseId)
    },
    async done(trx, { job, state }) {
      const id = String(job.database_id)
      const change = { state: 'ACTIVE', state_reason: null, os_uid: engine.osUid(id) } as const
      const database = await updateDatabaseRow(trx, id, change, clock())
      return { created: true, body: toBranch(deps, database, job.id, state.lostPasswords ?? []) }
    },
    async failed(trx, { job }, state_reason) {
      const change = { state: 'CREATE_FAILED', state_reason } as const
      await updateDatabaseRow(trx, String(job.database_id), change, clock())
    },
  }
}
