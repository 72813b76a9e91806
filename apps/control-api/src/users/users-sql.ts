/** Statements about Postgres users. Values reach them as parameters; Postgres itself quotes them into commands. */

import { COMPAT_ROLES } from '@db9/types/compat-roles'
import type { TextQuery } from '../sql/text-query.ts'
import { BUILT_IN_ROLES, HIDDEN_ROLES } from './names.ts'

export interface NewUser {
  username: string
  verifier: string
  roles: readonly string[]
  grants: readonly { schema: string; access: 'ro' | 'rw' }[]
}

/** A command takes no parameters, so the statement after this one reads them as settings of the transaction. */
function given(values: Record<string, string>): TextQuery {
  const names = Object.keys(values)
  return {
    text: `select ${names.map((name, i) => `set_config('db9.${name}', $${i + 1}, true)`).join(', ')}`,
    params: Object.values(values),
  }
}

/** `each` of the array in a setting, as json. */
const eachOf = (setting: string) =>
  `select value from json_array_elements(current_setting('${setting}')::json)`

/** Creates the user with its memberships and grants; one transaction. */
export function createUserSql({ username, verifier, roles, grants }: NewUser): TextQuery[] {
  return [
    given({ username, verifier, roles: JSON.stringify(roles), grants: JSON.stringify(grants) }),
    {
      text: `do $$
declare
  username constant text := current_setting('db9.username');
  item json;
  on_tables text;
begin
  execute format('create role %I login password %L', username, current_setting('db9.verifier'));
  for item in ${eachOf('db9.roles')} loop
    execute format('grant %I to %I', item #>> '{}', username);
  end loop;
  for item in ${eachOf('db9.grants')} loop
    on_tables := case item ->> 'access' when 'rw' then 'select, insert, update, delete' else 'select' end;
    execute format('grant usage on schema %I to %I', item ->> 'schema', username);
    execute format('grant %s on all tables in schema %I to %I', on_tables, item ->> 'schema', username);
    execute format('alter default privileges in schema %I grant %s on tables to %I', item ->> 'schema', on_tables, username);
    if item ->> 'access' = 'rw' then
      execute format('grant usage, select on all sequences in schema %I to %I', item ->> 'schema', username);
      execute format('alter default privileges in schema %I grant usage, select on sequences to %I', item ->> 'schema', username);
    end if;
  end loop;
end $$`,
      params: [],
    },
  ]
}

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ')

/** A page of the users after a name. */
export function listUsersSql(after: string, limit: number): TextQuery {
  return {
    text: `
select coalesce(json_agg(item), '[]') from (
  select json_build_object(
           'name', r.rolname,
           'is_superuser', r.rolsuper,
           'can_login', r.rolcanlogin,
           'can_create_db', r.rolcreatedb,
           'can_create_role', r.rolcreaterole,
           'bypasses_rls', r.rolbypassrls,
           'built_in', r.rolname in (${quoted(BUILT_IN_ROLES)}),
           'member_of', coalesce((select json_agg(g.rolname order by g.rolname)
                                    from (select distinct m.roleid from pg_auth_members m where m.member = r.oid) m
                                    join pg_roles g on g.oid = m.roleid
                                   where m.roleid <> r.oid), '[]')) as item
    from pg_roles r
   where r.rolname !~ '^pg_' and r.rolname not in (${quoted(HIDDEN_ROLES)})
     and (r.rolcanlogin or r.rolname not in (${quoted(COMPAT_ROLES)})) and r.rolname > $1::name
   order by r.rolname limit $2::int) page`,
    params: [after, String(limit)],
  }
}

/** From here on the user cannot log in, and its sessions end. True where there is such a user. */
export function shutOutSql(username: string): TextQuery[] {
  return [
    given({ username }),
    {
      text: `do $$ begin
  if exists (select from pg_roles where rolname = current_setting('db9.username')) then
    execute format('alter role %I nologin', current_setting('db9.username'));
    -- What it owns can be handed over by a member alone.
    execute format('grant %I to admin with set true, inherit true', current_setting('db9.username'));
  end if;
end $$`,
      params: [],
    },
    endSessionsSql(username),
    { text: 'select exists (select from pg_roles where rolname = $1::name)', params: [username] },
  ]
}

function endSessionsSql(username: string): TextQuery {
  return {
    text: 'select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = $1::name',
    params: [username],
  }
}

/** The databases on the server that objects of a user may lie in, which is all that one can connect to. */
export const DATABASES_SQL: TextQuery = {
  text: `select coalesce(json_agg(datname), '[]') from pg_database where datallowconn and not datistemplate and datname <> 'template1'`,
  params: [],
}

/** What the user owns in this database becomes admin's, and what it was granted is revoked. */
export function handOverSql(username: string): TextQuery[] {
  return [
    given({ username }),
    {
      text: `do $$ begin
  execute format('reassign owned by %I to admin', current_setting('db9.username'));
  execute format('drop owned by %I', current_setting('db9.username'));
end $$`,
      params: [],
    },
  ]
}

/** Drops the user, whose sessions may have begun before it was shut out. */
export function dropUserSql(username: string): TextQuery[] {
  return [
    endSessionsSql(username),
    given({ username }),
    {
      text: `do $$ begin execute format('drop role %I', current_setting('db9.username')); end $$`,
      params: [],
    },
  ]
}
