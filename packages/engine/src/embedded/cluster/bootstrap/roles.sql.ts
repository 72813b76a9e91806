/** The roles of every database. */
import { READER_LOGIN_SQL } from './reader.sql.ts'

/** Name of the bootstrap superuser, ours alone. */
export const SUPERUSER = 'db9_super'

/**
 * Through which the REST API runs SQL as admin, whose own password is the owner's to change. It has no right but to become
 * admin, and only the superuser can change it: a role can be altered only by the role that made it.
 */
export const ADMIN_LOGIN_SQL = `
create role db9_admin login noinherit;
grant admin to db9_admin with inherit false, set true;
`

/**
 * Through which the gateway runs the requests of service keys: it can become service_role and nothing else, as authenticator
 * can become anon or authenticated.
 */
export const SERVICE_LOGIN_SQL = `
create role db9_service login noinherit;
grant service_role to db9_service with inherit false, set true;
`

/**
 * The roles of every database (DESIGN: "Roles in every database"). Run once, in the template, by the superuser.
 * `admin` owns the database and the schema public but is no superuser: a superuser can run programs as the service's
 * user. `authenticator` can become `anon` or `authenticated` and nothing else.
 */
export const ROLES_SQL = `
create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create role authenticator login noinherit;
grant anon, authenticated to authenticator with inherit false, set true;

create role admin login createdb createrole bypassrls;
alter role admin set createrole_self_grant = 'set, inherit';
grant anon, authenticated to admin with inherit false, set true;
grant pg_monitor, pg_signal_backend, pg_checkpoint, pg_maintain to admin;
${ADMIN_LOGIN_SQL}
${SERVICE_LOGIN_SQL}
${READER_LOGIN_SQL}
-- Ours alone: superuser sessions that need no tenant's objects go there.
revoke connect on database template1 from public;

alter database postgres owner to admin;
alter schema public owner to admin;
alter database postgres set search_path = "$user", public, extensions;

alter default privileges for role admin grant select, insert, update, delete on tables to anon, authenticated;
alter default privileges for role admin grant usage, select on sequences to anon, authenticated;
alter default privileges for role admin grant execute on functions to anon, authenticated;
`
