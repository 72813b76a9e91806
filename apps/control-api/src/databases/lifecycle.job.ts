/** The jobs of a database's end: delete, recover, purge. */
import type { DatabaseEngine } from '@db9/engine'
import type { Transaction } from 'kysely'
import type { ProxyChange, Retention } from '../config.ts'
import type { InvalidationOutbox } from '../invalidation/outbox.ts'
import type { JobDefinition, JobRun } from '../jobs/definition.ts'
import type { JobRow, Tables } from '../metadata/tables.ts'
import { updateDatabaseRow } from './versions.ts'
import { type CredentialDeps, toCredentials, toDatabase } from './view.ts'

type Nothing = Record<string, never>

interface Clock {
  /** Milliseconds since the epoch. */
  clock: () => number
}

export interface DeleteJobDeps extends Clock {
  engine: Pick<DatabaseEngine, 'softDelete'>
  retention: Retention
  notifyProxy: (change: ProxyChange) => Promise<void>
}

export interface DeleteInput {
  /** Without a grace period; left out by earlier releases. */
  purge?: boolean
}

/** A database stops serving; its data is kept for the grace period. */
export function defineDelete(deps: DeleteJobDeps): JobDefinition<DeleteInput, Nothing> {
  const { engine, clock, notifyProxy } = deps
  return {
    deadlineMs: null,
    steps: [
      {
        name: 'retire',
        async run({ databaseId }) {
          await engine.softDelete(databaseId)
          return undefined
        },
      },
    ],
    async done(trx, { job, input }) {
      const id = String(job.database_id)
      const { deletedDatabasesMs, backupsMs } = await retentionOf(trx, job, deps.retention)
      const now = clock()
      const purgeAt = new Date(input.purge ? now : now + deletedDatabasesMs)
      const change = {
        state: 'DISABLED',
        state_reason: null,
        deleted_at: new Date(now),
        purge_at: purgeAt,
      } as const
      await updateDatabaseRow(trx, id, change, now)
      await trx
        .updateTable('backups')
        .set({ expires_at: new Date(purgeAt.getTime() + backupsMs), updated_at: new Date(now) })
        .where('database_id', '=', id)
        .where('expires_at', 'is', null)
        .execute()
      return null
    },
    failed: neverFails,
    afterCommit: ({ job }) => notifyProxy({ databaseId: String(job.database_id), what: 'gone' }),
  }
}

/** Nothing is kept of a deleted account. */
async function retentionOf(
  trx: Transaction<Tables>,
  { customer_id }: JobRow,
  usual: Retention,
): Promise<Pick<Retention, 'deletedDatabasesMs' | 'backupsMs'>> {
  const { status } = await trx
    .selectFrom('customers')
    .select('status')
    .where('id', '=', customer_id)
    .executeTakeFirstOrThrow()
  return status === 'deleted' ? { deletedDatabasesMs: 0, backupsMs: 0 } : usual
}

export interface PurgeInput {
  /** Why before the end of its grace period; null: at its end. */
  early: string | null
}

export interface PurgeJobDeps extends Clock {
  engine: Pick<DatabaseEngine, 'destroy'>
}

/** The end of a deleted database: its data goes, and so do its keys, secrets and functions. */
export function definePurge({ engine, clock }: PurgeJobDeps): JobDefinition<Partial<PurgeInput>, Nothing> {
  return {
    deadlineMs: null,
    steps: [
      {
        name: 'destroy',
        async run({ databaseId }) {
          await engine.destroy(databaseId)
          return undefined
        },
      },
    ],
    async done(trx, { job, input }) {
      const id = String(job.database_id)
      const now = new Date(clock())
      const state_reason = input.early ? `it was purged early: ${input.early}` : null
      // No file is left: another database may have its user.
      await updateDatabaseRow(trx, id, { purged_at: now, state_reason, os_uid: null }, now.getTime())
      await trx
        .updateTable('publishable_keys')
        .set({ revoked_at: now })
        .where('database_id', '=', id)
        .where('revoked_at', 'is', null)
        .execute()
      for (const table of ['secrets', 'functions', 'function_bundles'] as const)
        await trx.deleteFrom(table).where('database_id', '=', id).execute()
      return null
    },
    failed: neverFails,
  }
}

export interface RecoverJobDeps extends Clock, CredentialDeps {
  engine: Pick<DatabaseEngine, 'undelete' | 'softDelete'>
  outbox: Pick<InvalidationOutbox, 'send'>
}

/** A deleted database serves again. */
export function defineRecover(deps: RecoverJobDeps): JobDefinition<Nothing, Nothing> {
  const { engine, clock, outbox } = deps
  return {
    deadlineMs: 10 * 60_000,
    steps: [
      {
        name: 'revive',
        async run({ databaseId }) {
          await engine.undelete(databaseId)
          return undefined
        },
      },
    ],
    undo: ({ databaseId }) => engine.softDelete(databaseId),
    async done(trx, { job }) {
      const id = String(job.database_id)
      const now = clock()
      const change = { state: 'ACTIVE', state_reason: null, deleted_at: null, purge_at: null } as const
      const database = await updateDatabaseRow(trx, id, change, now)
      await trx
        .updateTable('backups')
        .set({ expires_at: null, updated_at: new Date(now) })
        .where('database_id', '=', id)
        .execute()
      return { created: false, body: { ...toDatabase(database), ...toCredentials(deps, database) } }
    },
    async failed(trx, { job }, state_reason) {
      const change = { state: 'DISABLED', state_reason } as const
      await updateDatabaseRow(trx, String(job.database_id), change, clock())
    },
    afterCommit: ({ job }) => outbox.send(String(job.database_id)),
  }
}

async function neverFails(_: unknown, { job }: JobRun): Promise<void> {
  throw new Error(`${job.kind} is tried until it is done`)
}
