/** What the gateway reads: the configuration of a key. */
import { DATA_API_DEFAULTS, type KeyConfig } from '@db9/types/internal'
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
