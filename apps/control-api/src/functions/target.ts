/** What a call of a function over HTTP runs, for the functions part. */
import type { FunctionTarget } from '@db9/types/functions-part'
import { ApiError } from '../errors.ts'
import { type CodeSpecDeps, toCodeSpec } from './code-spec.ts'
import { roleOf } from './config.ts'

/** By the function's name. Null where there is none that is enabled, in a database that serves, and has all its secrets. */
export async function findTarget(
  deps: CodeSpecDeps,
  databaseId: string,
  name: string,
): Promise<FunctionTarget | null> {
  const row = await deps.db
    .selectFrom('functions as f')
    .innerJoin('function_versions as v', 'v.id', 'f.active_version_id')
    .innerJoin('databases as d', 'd.id', 'f.database_id')
    .select(['f.visibility', 'v.id', 'v.function_id', 'v.database_id', 'v.bundle_digest', 'v.config'])
    .where('f.database_id', '=', databaseId)
    .where('f.name', '=', name)
    .where('f.enabled', '=', true)
    .where('d.state', '=', 'ACTIVE')
    .executeTakeFirst()
  if (!row) return null
  const code = await toCodeSpec(deps, row).catch((error: unknown) => {
    if (error instanceof ApiError) return null
    throw error
  })
  return (
    code && {
      is_public: row.visibility === 'public',
      code,
      timeout_ms: row.config.timeout_ms,
      role: roleOf(row.config, null),
    }
  )
}
