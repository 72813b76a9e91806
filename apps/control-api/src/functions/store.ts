/** The rows of functions and of their versions. */
import { FUNCTION_LIMITS } from '@db9/types'
import { isId, newId } from '@db9/types/ids'
import type { Kysely, Transaction } from 'kysely'
import { ApiError } from '../errors.ts'
import type { FunctionRow, FunctionVersionRow, Tables, VersionConfig } from '../metadata/tables.ts'
import { holdBundle } from './bundles.ts'

/** The function by id or name; 404 where the database has none. */
export async function findFunction(
  db: Kysely<Tables>,
  databaseId: string,
  idOrName: string,
): Promise<FunctionRow> {
  const row = await db
    .selectFrom('functions')
    .selectAll()
    .where('database_id', '=', databaseId)
    .where(isId('function', idOrName) ? 'id' : 'name', '=', idOrName)
    .executeTakeFirst()
  if (!row) throw new ApiError('not_found', 'function not found')
  return row
}

/** The same, locked. */
export async function lockFunction(
  trx: Transaction<Tables>,
  databaseId: string,
  idOrName: string,
): Promise<FunctionRow> {
  const { id } = await findFunction(trx, databaseId, idOrName)
  const row = await trx
    .selectFrom('functions')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new ApiError('not_found', 'function not found')
  return row
}

/** A version of a function; 404 where it has none of this id. */
export async function findVersion(
  db: Kysely<Tables>,
  functionId: string,
  versionId: string,
): Promise<FunctionVersionRow> {
  const row = await db
    .selectFrom('function_versions')
    .selectAll()
    .where('function_id', '=', functionId)
    .where('id', '=', versionId)
    .executeTakeFirst()
  if (!row) throw new ApiError('not_found', 'version not found')
  return row
}

/** 422 where there is no place for another. The database's row is locked. */
export async function requireRoomForFunction(trx: Transaction<Tables>, databaseId: string): Promise<void> {
  const { n } = await trx
    .selectFrom('functions')
    .select((eb) => eb.fn.countAll<string>().as('n'))
    .where('database_id', '=', databaseId)
    .executeTakeFirstOrThrow()
  if (Number(n) >= FUNCTION_LIMITS.functions)
    throw new ApiError(
      'unprocessable',
      `a database has at most ${FUNCTION_LIMITS.functions} functions; delete one first`,
    )
}

export interface NewVersionRow {
  databaseId: string
  functionId: string
  version: number
  digest: string
  config: VersionConfig
}

/** A version, whose row is written by `insertVersion`. */
export function newVersionRow(
  { databaseId, functionId, version, digest, config }: NewVersionRow,
  now: number,
): FunctionVersionRow {
  return {
    id: newId('version', now),
    function_id: functionId,
    database_id: databaseId,
    version,
    bundle_digest: digest,
    config,
    created_at: new Date(now),
  }
}

/** Writes a version, and removes the oldest ones beyond the limit. The function's row is locked. */
export async function insertVersion(trx: Transaction<Tables>, row: FunctionVersionRow): Promise<void> {
  await holdBundle(trx, row.database_id, row.bundle_digest)
  await trx
    .insertInto('function_versions')
    .values({ ...row, config: JSON.stringify(row.config) })
    .execute()
  await trx
    .deleteFrom('function_versions')
    .where('function_id', '=', row.function_id)
    .where('id', '<>', row.id)
    .where('version', '<=', row.version - FUNCTION_LIMITS.versions)
    .execute()
}
