/** The routes of migrations. */
import { ROUTES } from '@db9/types'
import type { Kysely } from 'kysely'
import * as z from 'zod'
import { type AuditedAction, audited } from '../audit/audit.ts'
import { requireActive } from '../databases/store.ts'
import { ApiError } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { rowsOf, toPage } from '../http/pages.ts'
import type { Tables } from '../metadata/tables.ts'
import { copyRefused } from '../sql/errors.ts'
import type { MigrationOutcome } from '../sql/migrate.ts'
import { readValue, withOwnStatements } from '../sql/own-statement.ts'
import { type OwnerTaskDeps, runOwnerTask } from '../sql/owner-task.ts'
import { checksumOf, isWithoutTransaction, previewOf } from './content.ts'
import { HAS_TABLE_SQL, listMigrationsSql } from './list-sql.ts'

export interface MigrationDeps extends OwnerTaskDeps {
  db: Kysely<Tables>
}

const LIMIT_MS = 10 * 60_000

const applyMigration: Handler<typeof ROUTES.applyMigration, MigrationDeps> = async (deps, call) => {
  const { caller, database, body, request } = call
  const { name, sql } = body
  if (sql.includes('\0')) throw new ApiError('invalid_request', 'sql: must not contain a NUL character')
  const checksum = await checksumOf(sql, body.checksum)
  const inTransaction = !isWithoutTransaction(sql)
  requireActive(database)
  const migration = { name, sql, checksum, preview: previewOf(sql), inTransaction }
  const limits = { ...deps.sqlLimits, statementTimeoutMs: LIMIT_MS }
  const { id } = database
  const action: AuditedAction = { operation: 'create', resource: 'migration', id, name, databaseId: id }
  await audited(deps.db, { caller, request }, action, async () => {
    const json = await runOwnerTask(deps, call, { kind: 'migration', migration }, limits).catch(hinted)
    requireApplied(readValue(migrationOutcome, json), { name, checksum })
  })
  return { status: 201, body: { status: 'applied', name } }
}

const migrationOutcome: z.ZodType<MigrationOutcome> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('applied') }),
  z.object({ status: z.literal('exists'), checksum: z.string() }),
  z.object({ status: z.literal('busy') }),
  z.object({ status: z.literal('foreign') }),
  z.object({ status: z.literal('copy'), direction: z.enum(['in', 'out']) }),
])

function requireApplied(
  outcome: MigrationOutcome,
  { name, checksum }: { name: string; checksum: string },
): void {
  if (outcome.status === 'applied') return
  if (outcome.status === 'copy') throw copyRefused(outcome.direction)
  if (outcome.status === 'busy') {
    const message =
      'another migration, or a session that holds its lock, is still at it; pg_locks names the session'
    throw new ApiError('unavailable', message, { retryAfter: 5 })
  }
  if (outcome.status === 'foreign') {
    throw new ApiError(
      'conflict',
      'the schema db9_migrations, where applied migrations are recorded, belongs to another role than admin; rename it',
    )
  }
  const differs = outcome.checksum !== checksum
  const sums = differs ? ` with another content: ${outcome.checksum} was applied, ${checksum} was sent` : ''
  throw new ApiError('conflict', `the migration "${name}" has been applied already${sums}`)
}

const ACTIVE_TRANSACTION = '25001'

/** What cannot run in a transaction has a way to run. */
function hinted(error: unknown): never {
  if (!(error instanceof ApiError) || error.fields.code !== ACTIVE_TRANSACTION) throw error
  const hint = 'Begin sql with the line -- db9:no-transaction; its statements then run one by one.'
  throw new ApiError(error.code, error.message, { fields: { ...error.fields, hint }, cause: error.cause })
}

const listMigrations: Handler<typeof ROUTES.listMigrations, MigrationDeps> = async (deps, call) => {
  const { query } = call
  const migrations = await withOwnStatements(deps, call, async (run) => {
    const found = await run([HAS_TABLE_SQL], { readOnly: true })
    if (!found.as(z.boolean())) return []
    const statement = listMigrationsSql({
      all: query.all === 'true',
      after: query.cursor ?? '0',
      limit: rowsOf(query),
    })
    return (await run([statement], { readOnly: true })).as(z.array(listed))
  })
  return toPage(migrations, query, ({ id: _, ...migration }) => migration)
}

const listed = ROUTES.listMigrations.responses[200].schema.element.extend({ id: z.string() })

export function migrationHandlers(deps: MigrationDeps) {
  return bind(deps, { applyMigration, listMigrations })
}
