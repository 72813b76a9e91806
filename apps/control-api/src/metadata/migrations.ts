/** The schema of the metadata, as migrations. */
import { type Kysely, sql } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import type { Tables } from './tables.ts'

const FIRST_TABLES = `
create table customers (
  id text primary key,
  kind text not null check (kind in ('owner', 'anonymous')),
  email text,
  status text not null check (status in ('active')),
  database_limit integer,
  anonymous_id text unique,
  anonymous_secret_sha256 text,
  created_at timestamptz not null
);
create unique index customers_one_owner on customers (kind) where kind = 'owner';

create table tokens (
  id text primary key,
  customer_id text not null references customers,
  kind text not null check (kind in ('api', 'session', 'owner')),
  name text not null,
  sha256 text not null unique,
  scope jsonb,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null
);
create index tokens_of_customer on tokens (customer_id) where revoked_at is null;

create table databases (
  id text primary key,
  customer_id text not null references customers,
  name text not null,
  region text,
  project_id text,
  state text not null check (state in ('CREATING', 'ACTIVE', 'CLONING', 'DISABLING', 'DISABLED', 'CREATE_FAILED')),
  state_reason text,
  admin_password text not null,
  config_version bigint not null default 1,
  data_api jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index databases_live_name on databases (customer_id, name) where state in ('CREATING', 'ACTIVE', 'CLONING');
create index databases_of_customer on databases (customer_id, id);

create table auth_configs (
  database_id text primary key references databases,
  auth_mode text not null,
  byo_jwt jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table publishable_keys (
  id text primary key,
  database_id text not null references databases,
  name text not null,
  sha256 text not null unique,
  policy jsonb not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null
);
create index publishable_keys_of_database on publishable_keys (database_id, id) where revoked_at is null;

create table operations (
  id text primary key,
  database_id text not null references databases,
  kind text not null check (kind in ('create', 'delete')),
  status text not null check (status in ('running', 'done', 'failed')),
  lease_owner text not null,
  lease_until timestamptz not null,
  attempt integer not null,
  idempotency_id text,
  error text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index operations_one_running on operations (database_id) where status = 'running';
create index operations_running on operations (lease_until) where status = 'running';

create table idempotency_keys (
  id text primary key,
  scope text not null,
  key text not null,
  request_sha256 text not null,
  status text not null check (status in ('started', 'done')),
  lease_until timestamptz not null,
  response_status integer,
  response_body text,
  created_at timestamptz not null,
  unique (scope, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);

create table audit_log (
  id text primary key,
  customer_id text not null references customers,
  token_id text,
  address text,
  request_id text,
  operation_type text not null,
  resource_type text not null,
  resource_id text not null,
  resource_name text,
  database_id text,
  created_at timestamptz not null
);
create index audit_log_of_customer on audit_log (customer_id, id)`

/**
 * A database that an earlier release deleted is gone for good: its data was removed with it. An operation that an
 * earlier release left running goes on from its first step, under this release's deadline.
 */
const OPERATIONS_BRANCHES_BACKUPS = `
alter table customers add column backup_limit integer;
update customers set backup_limit = 10 where kind = 'anonymous';

alter table databases
  add column parent_database_id text references databases,
  add column snapshot_at timestamptz,
  add column expires_at timestamptz,
  add column settings jsonb,
  add column deleted_at timestamptz,
  add column purge_at timestamptz,
  add column purged_at timestamptz;
update databases set deleted_at = updated_at, purge_at = updated_at, purged_at = updated_at where state = 'DISABLED';
create index databases_expiring on databases (expires_at) where state = 'ACTIVE' and expires_at is not null;
create index databases_to_purge on databases (purge_at) where state = 'DISABLED' and purged_at is null;

create table backups (
  id text primary key,
  customer_id text not null references customers,
  database_id text not null references databases,
  label text,
  state text not null check (state in ('creating', 'ready', 'failed', 'deleting', 'deleted')),
  state_reason text,
  facts jsonb,
  expires_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index backups_of_database on backups (database_id, id);
create index backups_of_customer on backups (customer_id) where state in ('creating', 'ready');
create index backups_expiring on backups (expires_at) where state = 'ready' and expires_at is not null;

drop index operations_one_running;
drop index operations_running;
alter table operations
  drop constraint operations_kind_check,
  alter column database_id drop not null,
  add column customer_id text references customers,
  add column source_id text references databases,
  add column backup_id text references backups,
  add column step text,
  add column undoing boolean not null default false,
  add column failures integer not null default 0,
  add column input jsonb not null default '{}',
  add column state jsonb not null default '{}',
  add column progress jsonb,
  add column deadline_at timestamptz;
update operations o set customer_id = d.customer_id from databases d where d.id = o.database_id;
update operations set deadline_at = now() + interval '1 hour' where status = 'running' and kind = 'create';
alter table operations alter column customer_id set not null;
create unique index operations_one_running on operations (database_id) where status = 'running';
create index operations_running on operations (lease_until) where status = 'running';
create index operations_running_of_source on operations (source_id) where status = 'running';
create index operations_running_of_backup on operations (backup_id) where status = 'running';
create index operations_of_database on operations (database_id, id);

create table restores (
  id text primary key,
  customer_id text not null references customers,
  backup_id text not null references backups,
  target_database_id text not null references databases,
  operation_id text not null references operations,
  created_at timestamptz not null
)`

/** Earlier releases lost invalidations; all databases are sent once more. */
const ANNOUNCED_VERSIONS_KEY_ROTATION = `
alter table databases
  add column shared_version bigint not null default 1,
  add column announced_version bigint not null default 0;
create index databases_unannounced on databases (id) where config_version > announced_version;
alter table publishable_keys
  add column version bigint not null default 1,
  add column limit_group text`

const DELETED_LIMIT = `
alter table customers add column deleted_limit integer;
update customers set deleted_limit = 5 where kind = 'anonymous';
create index databases_deleted on databases (customer_id, deleted_at) where state = 'DISABLED' and purged_at is null`

const ENDED_OPERATIONS = `
create index operations_ended on operations (updated_at) where status <> 'running';
create index restores_of_operation on restores (operation_id)`

const BATCHES = `
alter table operations add column batch_id text, add column batch_index integer;
create unique index operations_of_batch on operations (batch_id, batch_index) where batch_id is not null`

/** The next start fills it in for databases of an earlier release. */
const OS_UID = `
alter table databases add column os_uid bigint`

const ANONYMOUS_AUDIT = `
alter table audit_log add column anonymous boolean not null default false;
update audit_log a set anonymous = true from customers c where c.id = a.customer_id and c.kind = 'anonymous';
create index audit_log_of_anonymous on audit_log (created_at) where anonymous`

const AUDIT_OUTCOME = `
alter table audit_log add column success boolean not null default true, add column error_message text`

const SYNC_USERS = `
alter table auth_configs add column sync_users boolean not null default false`

const SECRETS = `
create table secrets (
  database_id text not null references databases,
  name text not null,
  value text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (database_id, name)
)`

const CONNECT_KEYS = `
create table connect_keys (
  id text primary key,
  database_id text not null references databases,
  name text not null,
  role text not null,
  scopes jsonb not null,
  sha256 text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  ended_at timestamptz,
  created_at timestamptz not null
);
create index connect_keys_of_role on connect_keys (database_id, role) where revoked_at is null;
create index connect_keys_not_ended on connect_keys (revoked_at) where revoked_at is not null and ended_at is null`

const CONNECT_TOKENS = `
create table connect_tokens (
  id text primary key,
  database_id text not null references databases,
  role text not null,
  token text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null
);
create index connect_tokens_of_role on connect_tokens (database_id, role);
create index connect_tokens_expired on connect_tokens (expires_at);
create table connect_signing_keys (
  id text primary key,
  public_jwk jsonb not null,
  private_key text not null,
  created_at timestamptz not null,
  signs_until timestamptz not null
)`

const FUNCTIONS = `
create table functions (
  id text primary key,
  database_id text not null references databases,
  name text not null,
  enabled boolean not null,
  visibility text not null check (visibility in ('public', 'private')),
  active_version_id text not null,
  last_version integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (database_id, name)
);
create table function_versions (
  id text primary key,
  function_id text not null references functions on delete cascade,
  database_id text not null references databases,
  version integer not null,
  bundle_digest text not null,
  config jsonb not null,
  created_at timestamptz not null,
  unique (function_id, version)
);
create index function_versions_of_bundle on function_versions (database_id, bundle_digest);
create table function_bundles (
  database_id text not null references databases,
  digest text not null,
  bytes bytea not null,
  size integer not null,
  created_at timestamptz not null,
  primary key (database_id, digest)
);
create table function_runs (
  id text primary key,
  function_id text not null references functions on delete cascade,
  database_id text not null references databases,
  version_id text not null,
  trigger_type text not null check (trigger_type in ('invoke', 'cron', 'api')),
  status text not null check (status in ('queued', 'running', 'completed', 'failed', 'timed_out', 'cancelled')),
  run_as text not null,
  attempt integer not null,
  lease_until timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  duration_ms integer,
  result_json text,
  error text,
  logs text,
  created_at timestamptz not null
);
create index function_runs_of_function on function_runs (function_id, id);
create index function_runs_of_database on function_runs (database_id, id);
create index function_runs_under_way on function_runs (lease_until) where status in ('queued', 'running')`

const CLAIMED_ACCOUNTS = `
alter table customers
  drop constraint customers_kind_check,
  drop constraint customers_status_check,
  add constraint customers_kind_check check (kind in ('owner', 'anonymous', 'claimed')),
  add constraint customers_status_check check (status in ('active', 'deleted')),
  add column identity_issuer text,
  add column identity_subject text;
create unique index customers_of_identity on customers (identity_issuer, identity_subject)`

const CANCELLED_OPERATIONS = `
alter table operations add column cancelled_at timestamptz`

/** A timestamptz is read as a JavaScript date, which has no microseconds. */
const EXACT_SNAPSHOTS = `
alter table databases alter column snapshot_at type text
  using to_char(snapshot_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

const FUNCTION_SCHEDULES = `
alter table functions
  add column next_run_at timestamptz,
  add column cron_failures integer not null default 0,
  add column disabled_reason text;
create index functions_due on functions (next_run_at) where next_run_at is not null;
alter table function_runs
  drop constraint function_runs_status_check,
  add constraint function_runs_status_check
    check (status in ('queued', 'running', 'completed', 'failed', 'timed_out', 'cancelled', 'skipped'))`

const PROTECTED_DATABASES = `
alter table databases add column protected boolean not null default false`

/** In order of their names. A released migration is never changed: what it made is on users' disks. */
const MIGRATIONS: Record<string, Migration> = {
  '0001_accounts_databases_keys': toMigration(FIRST_TABLES),
  '0002_operations_branches_backups': toMigration(OPERATIONS_BRANCHES_BACKUPS),
  '0003_announced_versions_key_rotation': toMigration(ANNOUNCED_VERSIONS_KEY_ROTATION),
  '0004_deleted_limit': toMigration(DELETED_LIMIT),
  '0005_ended_operations': toMigration(ENDED_OPERATIONS),
  '0006_batches': toMigration(BATCHES),
  '0007_os_uid': toMigration(OS_UID),
  '0008_anonymous_audit': toMigration(ANONYMOUS_AUDIT),
  '0009_audit_outcome': toMigration(AUDIT_OUTCOME),
  '0010_sync_users': toMigration(SYNC_USERS),
  '0011_secrets': toMigration(SECRETS),
  '0012_connect_keys': toMigration(CONNECT_KEYS),
  '0013_connect_tokens': toMigration(CONNECT_TOKENS),
  '0014_functions': toMigration(FUNCTIONS),
  '0015_claimed_accounts': toMigration(CLAIMED_ACCOUNTS),
  '0016_cancelled_operations': toMigration(CANCELLED_OPERATIONS),
  '0017_exact_snapshots': toMigration(EXACT_SNAPSHOTS),
  '0018_function_schedules': toMigration(FUNCTION_SCHEDULES),
  '0019_protected_databases': toMigration(PROTECTED_DATABASES),
}

function toMigration(script: string): Migration {
  return {
    up: async (db) => {
      for (const statement of script.split(/;\s*\n/)) await sql.raw(statement).execute(db)
    },
  }
}

const provider: MigrationProvider = { getMigrations: async () => MIGRATIONS }

/**
 * Brings the metadata up to this release, under a lock; a data folder of any earlier release starts under this one.
 * `upTo` names the last migration, for a test of the next.
 */
export async function migrateMetadata(db: Kysely<Tables>, upTo?: string): Promise<void> {
  const migrator = new Migrator({ db, provider })
  const { error } = await (upTo === undefined ? migrator.migrateToLatest() : migrator.migrateTo(upTo))
  if (error) throw error
}
