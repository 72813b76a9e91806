/**
 * Our schemas inside every database, `auth`, `extensions` and `db9`, as versions that are only ever added to: a
 * database that was made under an older release is brought up to date when it wakes.
 *
 * Functions have SQL-standard bodies or a pinned search_path, so that nothing an owner creates can be called in the
 * place of what is meant here.
 */

import { PLACED_ANYWHERE } from '../extensions/stubs.ts'
import { COMPAT_ROLES_SQL } from './compat/roles.sql.ts'
import { COMPAT_SCHEMAS, NEON_AUTH_CLOSED } from './compat/schemas.sql.ts'
import { SYNC_USER } from './compat/sync-user.sql.ts'
import { USERS } from './compat/users.sql.ts'
import { EXTENSION_HINTS } from './extension-hints.sql.ts'
import { guardFunctionSql, guardTriggerSql } from './guard.sql.ts'
import { IDENTITY } from './identity.sql.ts'
import { READER_GRANTS } from './reader.sql.ts'

export interface SchemaVersion {
  version: number
  sql: string
  /** A database that it cannot be added to starts without it: what migrations expect, and what read-only tokens need. */
  isOptional?: true
}

const AUTH = `
create schema auth;
grant usage on schema auth to public;

create function auth.jwt() returns jsonb language sql stable parallel safe
  return nullif(current_setting('request.jwt.claims', true), '')::jsonb;

-- Text here; identity.sql.ts makes it uuid.
create function auth.uid() returns text language sql stable parallel safe
  return nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub';

create function auth.role() returns text language sql stable parallel safe
  return nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role';
`

/**
 * `=` between text and uuid, so that `auth.user_id() = user_id` works on a uuid column. The functions use the text once:
 * Postgres then inlines them even where it is a sub-select, and the column's index serves. What is no UUID is null and
 * matches nothing.
 */
const EXTENSIONS = `
create schema extensions;
grant usage on schema extensions to public;

-- CASE does not keep the planner from folding a constant's cast, and that would raise; concat, being stable, does.
create function extensions.try_uuid(text) returns uuid language sql stable parallel safe
  return case when pg_input_is_valid($1, 'uuid') then concat($1)::uuid end;
create function extensions.text_eq_uuid(text, uuid) returns boolean language sql stable parallel safe
  return extensions.try_uuid($1) operator(pg_catalog.=) $2;
create function extensions.uuid_eq_text(uuid, text) returns boolean language sql stable parallel safe
  return $1 operator(pg_catalog.=) extensions.try_uuid($2);
create operator extensions.= (
  leftarg = text, rightarg = uuid, function = extensions.text_eq_uuid, commutator = operator(extensions.=)
);
create operator extensions.= (
  leftarg = uuid, rightarg = text, function = extensions.uuid_eq_text, commutator = operator(extensions.=)
);

create extension pg_stat_statements schema extensions;
`

/**
 * The version of the catalog is the sum of \`n\` in \`db9.ddl\`: one row per transaction that ran DDL. A counter row
 * would make concurrent migrations wait for each other, and a sequence is visible before its transaction commits.
 * Temporary objects, and commands that leave definitions as they are, do not count.
 */
const DB9 = `
grant usage on schema db9 to public;

create table db9.ddl (xid xid8 primary key, n bigint not null default 1);
grant select on db9.ddl to public;

create function db9.record_ddl() returns event_trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_event = 'sql_drop' then
    if not exists (select from pg_event_trigger_dropped_objects() where not is_temporary) then return; end if;
  elsif tg_tag in ('REFRESH MATERIALIZED VIEW', 'REINDEX') or tg_tag ~ '^DROP (?!OWNED)' then
    return;
  elsif exists (select from pg_event_trigger_ddl_commands())
    and not exists (select from pg_event_trigger_ddl_commands() where schema_name is distinct from 'pg_temp') then
    return;
  end if;
  insert into db9.ddl (xid) values (pg_current_xact_id()) on conflict do nothing;
end $$;
revoke execute on function db9.record_ddl() from public;

create event trigger db9_ddl on ddl_command_end execute function db9.record_ddl();
create event trigger db9_drop on sql_drop execute function db9.record_ddl();
alter event trigger db9_ddl enable always;
alter event trigger db9_drop enable always;

-- A trusted extension's objects are made by the superuser, wherever its creator says: not among ours or Postgres' own,
-- where languages alone belong.
${guardFunctionSql('db9.guard_extensions')}

${guardTriggerSql('db9.guard_extensions')}

-- What the data plane decides after a statement, it raises inside it.
create function db9.raise(code text, message text, details text, hint text) returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  raise exception using
    errcode = $1, message = coalesce($2, ''), detail = coalesce($3, ''), hint = coalesce($4, '');
end $$;
revoke execute on function db9.raise(text, text, text, text) from public;
grant execute on function db9.raise(text, text, text, text) to anon, authenticated, authenticator;
`

/**
 * What the data plane needs inside its one statement.
 *
 * EXPLAIN is no expression, so a function runs it, as the caller and on the caller's search_path: it can do nothing that
 * the caller could not. Text comes in pieces, the values between them are quoted here.
 */
const ONE_STATEMENT = `
create function db9.explain(options text, texts text[], params text[]) returns text
language plpgsql volatile as $$
declare
  line text;
  lines text[] := '{}';
begin
  for line in execute (
    select pg_catalog.concat('explain (', options, ') ', pg_catalog.string_agg(
      pg_catalog.concat(t.text, case when t.n <= pg_catalog.cardinality(params) then pg_catalog.quote_nullable(params[t.n]) end), '' order by t.n
    )) from pg_catalog.unnest(texts) with ordinality as t(text, n)
  ) loop
    lines := pg_catalog.array_append(lines, line);
  end loop;
  return pg_catalog.concat(pg_catalog.array_to_string(lines, E'\\n'), E'\\n');
end $$;
revoke execute on function db9.explain(text, text[], text[]) from public;
grant execute on function db9.explain(text, text[], text[]) to anon, authenticated;

-- What response.headers must be: objects with one member each, a text.
create function db9.is_header_list(headers text) returns boolean language sql immutable strict parallel safe
  return case when headers is json array then not exists (
    select from json_array_elements(concat(headers)::json) as h
    where case json_typeof(h.value)
      when 'object' then (select count(*) <> 1 or bool_or(json_typeof(m.value) <> 'string') from json_each(h.value) as m)
      else true
    end
  ) else false end;
`

/** What keeps a reply of the data plane within its bytes while it is built. */
const REPLY_BYTES = `-- Adds up bytes, and ends the statement where they are more than may be: what is too large is never built.
create function db9.add_bytes(total int8, bytes int8, most int8) returns int8
language plpgsql immutable parallel safe as $$
begin
  if total operator(pg_catalog.+) bytes operator(pg_catalog.>) most then
    raise exception using errcode = 'DB005', message = most;
  end if;
  return total operator(pg_catalog.+) bytes;
end $$;
create aggregate db9.bytes(bytes int8, most int8) (sfunc = db9.add_bytes, stype = int8, initcond = '0');
`

const SERVICE_KEYS = `
grant execute on function db9.raise(text, text, text, text) to service_role;
grant execute on function db9.explain(text, text[], text[]) to service_role;
`

/**
 * The data plane alone reads the version of the catalog. What everybody may read is listed by information_schema, and
 * schema tools of an owner, as MikroORM's, then drop what none of their entities names.
 */
const VERSION_READERS = `
revoke select on db9.ddl from public;
grant select on db9.ddl to anon, authenticated, service_role, authenticator;
`

/** Dumps of Supabase create pg_cron in pg_catalog, and other extensions in schemas that are there before them. */
const EXTENSION_PLACES = `
${guardFunctionSql('db9.guard_extensions', PLACED_ANYWHERE)}
${['graphql', 'pgsodium', 'pgtle']
  .map(
    (name) =>
      `do $do$ begin if to_regnamespace('${name}') is null then create schema ${name}; end if; end $do$;`,
  )
  .join('\n')}
`

/** It writes to the write-ahead log in a read-only transaction, too. */
const LOG_WRITERS = ['text', 'bytea']
  .map((type) => {
    const name = `function pg_catalog.pg_logical_emit_message(boolean, text, ${type}, boolean)`
    return `revoke execute on ${name} from public; grant execute on ${name} to admin;`
  })
  .join('\n')

export const SCHEMA_VERSIONS: readonly SchemaVersion[] = [
  { version: 1, sql: AUTH + EXTENSIONS + DB9 },
  { version: 2, sql: ONE_STATEMENT },
  { version: 3, sql: REPLY_BYTES },
  { version: 4, sql: IDENTITY },
  { version: 5, sql: COMPAT_ROLES_SQL + USERS + COMPAT_SCHEMAS, isOptional: true },
  { version: 6, sql: SERVICE_KEYS },
  { version: 7, sql: EXTENSION_PLACES + EXTENSION_HINTS },
  // In the place of 8, which had a first auth.sync_user.
  { version: 9, sql: SYNC_USER + NEON_AUTH_CLOSED, isOptional: true },
  { version: 10, sql: READER_GRANTS, isOptional: true },
  { version: 11, sql: VERSION_READERS },
  { version: 12, sql: LOG_WRITERS, isOptional: true },
]

/** Keeps the record of versions; run before the first of them. */
export const VERSION_TABLE_SQL = `
create schema db9;
create table db9.schema_version (version int primary key, applied_at timestamptz not null default now());
`

/** Many rows of finished transactions become one; the sum, and so the catalog's version, stays. */
export const FOLD_DDL_SQL = `
with old as (delete from db9.ddl where (select count(*) from db9.ddl) > 1 returning xid, n)
insert into db9.ddl (xid, n) select max(xid), sum(n) from old having count(*) > 0
`
