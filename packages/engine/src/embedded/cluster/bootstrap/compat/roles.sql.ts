/** The roles that migrations and dumps of Supabase and Neon name. */
import { COMPAT_ROLES } from '@db9/types/compat-roles'

/** What they own reads as it does there: past policies. `admin`, their member, can do so itself. */
const PAST_POLICIES = ['postgres', 'supabase_admin']

/** Names that guides of Supabase have owners set with ALTER DATABASE, which takes a right to each name. */
const OWN_SETTINGS = [
  'url',
  'api_url',
  'anon_key',
  'jwt_exp',
  'jwt_secret',
  'project_url',
  'service_role_key',
  'supabase_url',
  'supabase_anon_key',
  'supabase_service_role_key',
  'webhook_secret',
].map((name) => `app.settings.${name}`)

const names = (list: readonly string[]) => list.map((name) => `'${name}'`).join(', ')

/** What objects in schema public that a role makes give to other roles. */
function defaultsOf(owner: string, grantee: string): string {
  return `
alter default privileges for role ${owner} grant all on tables to ${grantee};
alter default privileges for role ${owner} grant all on sequences to ${grantee};
alter default privileges for role ${owner} grant execute on functions to ${grantee};`
}

/** Of what an earlier release has made. For PL/pgSQL: an owner may have dropped schema public. */
function existingTo(grantee: string): string {
  return `
if to_regnamespace('public') is not null then
  grant all on all tables in schema public to ${grantee};
  grant all on all sequences in schema public to ${grantee};
  grant execute on all functions in schema public to ${grantee};
end if;`
}

/** For PL/pgSQL. A role of this name that the owner has made is given nothing. */
const POSTGRES = `
grant create on database postgres to postgres;
if to_regnamespace('public') is not null then
  grant usage, create on schema public to postgres;
end if;
${defaultsOf('admin', 'postgres')}
${defaultsOf('postgres', 'service_role')}
alter default privileges for role postgres grant select, insert, update, delete on tables to anon, authenticated;
alter default privileges for role postgres grant usage, select on sequences to anon, authenticated;
alter default privileges for role postgres grant execute on functions to anon, authenticated;
${existingTo('postgres')}
`

/**
 * May be run where its owner has already made some of these roles: those stay as they are. `admin` is a member without the
 * right to grant a role on, so that none of them can be given to a role of the data plane.
 */
export const COMPAT_ROLES_SQL = `
do $do$
declare
  missing name;
begin
  foreach missing in array array[${names(COMPAT_ROLES)}]::name[] loop
    continue when exists (select from pg_roles where rolname = missing);
    execute format('create role %I nologin %s', missing,
      case when missing in (${names(PAST_POLICIES)}) then 'bypassrls' else '' end);
    execute format('grant %I to admin with admin false, inherit true, set true', missing);
    if missing = 'postgres' then
      ${POSTGRES}
    end if;
  end loop;
end $do$;
grant service_role to admin with admin false, inherit false, set true;

-- Dumps of data begin with it. Our own event triggers fire always, and no session of ours has triggers to lose.
grant set on parameter session_replication_role to admin;
${OWN_SETTINGS.map((name) => `grant set on parameter "${name}" to admin;`).join('\n')}
${defaultsOf('admin', 'service_role')}
do $do$ begin
  ${existingTo('service_role')}
end $do$;
`
