/**
 * Schemas that migrations of Supabase and Neon expect, with what migrations do to them. The schemas are
 * the superuser's, so that they stay and count as ours; what is in them belongs to roles that `admin` is a member of. What
 * does nothing yet says so in its comment.
 */

interface CompatSchema {
  name: string
  /** Of what is in it. */
  owner: string
  /** Who may use it beside the owner. */
  users: string
  sql: string
}

const STORAGE = `
create table storage.buckets (
  id text primary key,
  name text not null unique,
  owner uuid,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  public boolean default false,
  avif_autodetection boolean default false,
  file_size_limit bigint,
  allowed_mime_types text[],
  owner_id text
);
create table storage.objects (
  id uuid primary key default gen_random_uuid(),
  bucket_id text references storage.buckets,
  name text,
  owner uuid,
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  last_accessed_at timestamptz default now(),
  metadata jsonb,
  path_tokens text[] generated always as (string_to_array(name, '/')) stored,
  version text,
  owner_id text,
  user_metadata jsonb,
  unique (bucket_id, name)
);
alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
grant select, insert, update, delete on storage.buckets, storage.objects to anon, authenticated;
grant all on storage.buckets, storage.objects to postgres, service_role, dashboard_user;
comment on table storage.objects is 'Stub: policies can be put on it; no service keeps files here yet.';
comment on table storage.buckets is 'Stub: rows are kept; no service keeps files in them yet.';

create function storage.foldername(name text) returns text[] language sql immutable parallel safe
  return trim_array(string_to_array(name, '/'), 1);
create function storage.filename(name text) returns text language sql immutable parallel safe
  return split_part(name, '/', -1);
create function storage.extension(name text) returns text language sql immutable parallel safe
  return split_part(split_part(name, '/', -1), '.', -1);
`

const REALTIME = `
create table realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  id uuid not null default gen_random_uuid(),
  primary key (id, inserted_at)
);
alter table realtime.messages enable row level security;
grant select, insert on realtime.messages to anon, authenticated;
grant all on realtime.messages to postgres, service_role, dashboard_user;
comment on table realtime.messages is 'Stub: policies can be put on it; no message is sent or kept yet.';

create function realtime.topic() returns text language sql stable
  return nullif(current_setting('realtime.topic', true), '');
create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
  language sql begin atomic end;
comment on function realtime.send(jsonb, text, text, boolean) is 'Stub: sends nothing yet.';
create function realtime.broadcast_changes(
  topic_name text, event_name text, operation text, table_name text, table_schema text, new record, old record,
  level text default 'ROW'
) returns void language plpgsql as $f$ begin end $f$;
comment on function realtime.broadcast_changes(text, text, text, text, text, record, record, text)
  is 'Stub: sends nothing yet.';
`

const VAULT = `
create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text unique,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table vault.secrets is 'Kept as they are, readable by admin and postgres alone: not encrypted, unlike in Supabase.';
create view vault.decrypted_secrets as
  select id, name, description, secret, secret as decrypted_secret, key_id, nonce, created_at, updated_at
  from vault.secrets;
grant all on vault.secrets, vault.decrypted_secrets to postgres;
create function vault.create_secret(
  new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid language sql begin atomic
  insert into vault.secrets (secret, name, description, key_id)
  values (new_secret, new_name, coalesce(new_description, ''), new_key_id) returning id;
end;
create function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null, new_description text default null,
  new_key_id uuid default null
) returns void language sql begin atomic
  update vault.secrets set
    secret = coalesce(new_secret, secret), name = coalesce(new_name, name),
    description = coalesce(new_description, description), key_id = coalesce(new_key_id, key_id), updated_at = now()
  where id = secret_id;
end;
revoke execute on function vault.create_secret(text, text, text, uuid) from public;
revoke execute on function vault.update_secret(uuid, text, text, text, uuid) from public;
grant execute on all functions in schema vault to postgres;
`

const GRAPHQL_PUBLIC = `
create function graphql_public.graphql(
  "operationName" text default null, query text default null, variables jsonb default null, extensions jsonb default null
) returns jsonb language plpgsql as $f$ begin
  raise exception using errcode = '0A000', message = 'there is no GraphQL in db9',
    hint = 'Use the data API, /rest/v1, or a function of your own.';
end $f$;
comment on function graphql_public.graphql(text, text, jsonb, jsonb) is 'Stub: raises 0A000.';
`

const SUPABASE_FUNCTIONS = `
create function supabase_functions.http_request() returns trigger language plpgsql as $f$ begin
  return coalesce(new, old);
end $f$;
comment on function supabase_functions.http_request() is 'Stub: sends nothing yet.';
`

const NEON_AUTH = `
create table neon_auth.users_sync (
  raw_json jsonb,
  id text primary key,
  name text,
  email text,
  created_at timestamptz,
  updated_at timestamptz,
  deleted_at timestamptz
);
comment on table neon_auth.users_sync is 'Stub: yours to fill.';
grant all on neon_auth.users_sync to service_role;
`

/**
 * What `postgres` makes is open to the data plane by its default privileges, which `neon_auth.users_sync` must not be. Left
 * alone are a schema of the owner's, and a table that the owner has put in its place or has RLS on.
 */
export const NEON_AUTH_CLOSED = `
do $do$ begin
  if exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'neon_auth' and n.nspowner = to_regrole('db9_super') and c.relname = 'users_sync'
      and c.relkind = 'r' and c.relowner = to_regrole('postgres') and not c.relrowsecurity
  ) then
    revoke all on neon_auth.users_sync from anon, authenticated;
    alter table neon_auth.users_sync enable row level security;
  end if;
end $do$;`

const ALL_ROLES = 'postgres, anon, authenticated, service_role'

const SCHEMAS: readonly CompatSchema[] = [
  { name: 'storage', owner: 'supabase_storage_admin', users: ALL_ROLES, sql: STORAGE },
  { name: 'realtime', owner: 'supabase_realtime_admin', users: ALL_ROLES, sql: REALTIME },
  { name: 'vault', owner: 'supabase_admin', users: 'postgres', sql: VAULT },
  { name: 'graphql_public', owner: 'supabase_admin', users: ALL_ROLES, sql: GRAPHQL_PUBLIC },
  {
    name: 'supabase_functions',
    owner: 'supabase_functions_admin',
    users: ALL_ROLES,
    sql: SUPABASE_FUNCTIONS,
  },
  { name: 'neon_auth', owner: 'postgres', users: 'service_role', sql: NEON_AUTH },
]

/** A schema of this name that the owner of an earlier database has made stays as it is. */
function unlessThere({ name, owner, users, sql }: CompatSchema): string {
  return `
do $do$ begin
  if to_regnamespace('${name}') is not null then return; end if;
  create schema ${name};
  grant usage, create on schema ${name} to ${owner};
  grant usage on schema ${name} to ${users};
  set local role ${owner};
  ${sql}
  reset role;
end $do$;`
}

/** As `admin`, who thereby owns them, as if they had been created by hand. Publications belong to no schema. */
const OWN_OBJECTS = `
do $do$ begin
  if not exists (select from pg_extension where extname = 'uuid-ossp') then
    set local role admin;
    create extension "uuid-ossp" schema extensions;
    reset role;
  end if;
  if not exists (select from pg_extension where extname = 'pgcrypto') then
    set local role admin;
    create extension pgcrypto schema extensions;
    reset role;
  end if;
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    set local role admin;
    create publication supabase_realtime;
    reset role;
  end if;
end $do$;`

export const COMPAT_SCHEMAS = SCHEMAS.map(unlessThere).join('') + OWN_OBJECTS
