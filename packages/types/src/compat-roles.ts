/** Roles of every database that stand there for migrations and dumps of Supabase and Neon, which name them. */

/** None can log in or be reached from the data plane; `admin` is a member of each. */
export const COMPAT_ROLES = [
  'postgres',
  'supabase_admin',
  'supabase_auth_admin',
  'supabase_storage_admin',
  'supabase_realtime_admin',
  'supabase_functions_admin',
  'supabase_replication_admin',
  'supabase_etl_admin',
  'supabase_read_only_user',
  'dashboard_user',
  'pgbouncer',
  'pgsodium_keyholder',
  'pgsodium_keyiduser',
  'pgsodium_keymaker',
  'anonymous',
  'neondb_owner',
  'neon_superuser',
] as const
