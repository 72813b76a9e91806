/** Restores: which backup became which database, and the job that made it. */
import type { Restore } from '@db9/types'
import type { Kysely, Transaction } from 'kysely'
import { rolesWithoutPassword } from '../databases/copy.job.ts'
import { ApiError } from '../errors.ts'
import type { Tables } from '../metadata/tables.ts'

const STATUS = { running: 'running', done: 'completed', failed: 'failed' } as const

/** Throws 404 where the account has no such restore. */
export async function readRestore(db: Kysely<Tables>, customerId: string, id: string): Promise<Restore> {
  const row = await db
    .selectFrom('restores as r')
    .innerJoin('operations as o', 'o.id', 'r.operation_id')
    .innerJoin('databases as d', 'd.id', 'r.target_database_id')
    .select(['r.id', 'r.backup_id', 'r.target_database_id', 'r.operation_id', 'r.created_at'])
    .select(['o.status', 'o.error', 'o.state', 'o.updated_at', 'd.name'])
    .where('r.id', '=', id)
    .where('r.customer_id', '=', customerId)
    .executeTakeFirst()
  if (!row) throw new ApiError('not_found', 'restore not found')
  return {
    id: row.id,
    backup_id: row.backup_id,
    target_database_id: row.target_database_id,
    target_name: row.name,
    status: STATUS[row.status],
    state_reason: row.error,
    operation_id: row.operation_id,
    roles_without_password: row.status === 'done' ? rolesWithoutPassword(row) : null,
    created_at: row.created_at.toISOString(),
    completed_at: row.status === 'done' ? row.updated_at.toISOString() : null,
  }
}

/** Removes the restores that these jobs made; the databases stay. */
export async function removeRestores(trx: Transaction<Tables>, jobIds: string[]): Promise<void> {
  await trx.deleteFrom('restores').where('operation_id', 'in', jobIds).execute()
}
