/** What the gateway reads: the configuration of a key, and the origins of a database. */
import { ID_PREFIX } from '@db9/types/ids'
import { DATA_API_DEFAULTS, type DatabaseOrigins, type KeyConfig } from '@db9/types/internal'
import type { Kysely } from 'kysely'
import { withDefaults } from '../auth-config/parse.ts'
import type { Tables } from '../metadata/tables.ts'

/** The configuration of a publishable or service key in any status; null where there is none. */
export async function findKeyConfig(db: Kysely<Tables>, keyId: string): Promise<KeyConfig | null> {
  const row = await db
    .selectFrom('publishable_keys as k')
    .innerJoin('databases as d', 'd.id', 'k.database_id')
    .leftJoin('auth_configs as a', 'a.database_id', 'd.id')
    .select(['k.id', 'k.sha256', 'k.policy', 'k.limit_group', 'k.expires_at', 'k.revoked_at'])
    .select(['d.id as database_id', 'd.state', 'd.config_version', 'd.data_api', 'a.byo_jwt', 'a.sync_users'])
    .where('k.id', '=', keyId)
    .executeTakeFirst()
  if (!row) return null
  return {
    version: Number(row.config_version),
    key: {
      id: row.id,
      sha256: row.sha256,
      status: row.revoked_at ? 'revoked' : 'active',
      expires_at: row.expires_at?.getTime() ?? null,
      limit_group: row.limit_group ?? row.id,
      ...row.policy,
    },
    database: { id: row.database_id, state: row.state },
    byo_jwt: row.byo_jwt && withDefaults(row.byo_jwt),
    sync_users: row.sync_users ?? false,
    data_api: row.data_api ?? DATA_API_DEFAULTS,
  }
}

/** The union of the origins that the database's live keys allow; null where the database does not exist. */
export async function findOrigins(
  db: Kysely<Tables>,
  databaseId: string,
  now: number,
): Promise<DatabaseOrigins | null> {
  const rows = await db
    .selectFrom('databases as d')
    .leftJoin('publishable_keys as k', (join) =>
      join
        .onRef('k.database_id', '=', 'd.id')
        // No browser may send a service key.
        .on('k.id', 'like', `${ID_PREFIX.publishableKey}\\_%`)
        .on('k.revoked_at', 'is', null)
        .on((eb) => eb.or([eb('k.expires_at', 'is', null), eb('k.expires_at', '>', new Date(now))])),
    )
    .select(['d.config_version', 'k.policy'])
    .where('d.id', '=', databaseId)
    .execute()
  const [first] = rows
  if (!first) return null
  const lists = rows.flatMap((row) => (row.policy ? [row.policy.allowed_origins] : []))
  const origins = lists.some((list) => list === null)
    ? null
    : [...new Set(lists.flatMap((list) => list ?? []))]
  return { origins, version: Number(first.config_version) }
}
