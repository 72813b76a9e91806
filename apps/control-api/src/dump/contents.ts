/** What of a database is dumped: all that its owner has made, and nothing that every database has. */
import { COMPAT_ROLES } from '@db9/types/compat-roles'
import pg from 'pg'
import { BUILT_IN_ROLES, HIDDEN_ROLES } from '../users/names.ts'

const { escapeIdentifier, escapeLiteral } = pg

const SECRETS = 'vault.secrets'

/** Tables that every database has, for the owner's rows. Tables of the owner's own in these schemas are not dumped. */
const TABLES_FOR_ROWS = [
  ...['users', 'identities', 'sessions', 'refresh_tokens', 'mfa_factors'].map((name) => `auth.${name}`),
  ...['storage.buckets', 'storage.objects', SECRETS, 'neon_auth.users_sync'],
] as const

export interface Contents {
  serverVersion: string
  /** Arguments of pg_dump for what is the owner's. */
  args: string[]
  /** Arguments for the owner's rows in tables that every database has; null where there are none. */
  rowArgs: string[] | null
  /** SQL that comes first: drops the publication, takes default privileges away, makes roles without passwords, and memberships. */
  before: string
  /** SQL that comes last: the owner's triggers and policies on tables that every database has. */
  after: string
}

/**
 * The session's search_path must be Postgres' catalog alone (a login with `isOurs`): names in the SQL are unqualified, and names in
 * the results are then qualified.
 */
export async function readContents(client: pg.Client, { withoutSecrets = false } = {}): Promise<Contents> {
  const { rows } = await client.query<{ version: string; schemas: string[]; extensions: string[] }>(OURS_SQL)
  const { version = '', schemas = [], extensions = [] } = rows[0] ?? {}
  const { rows: roles } = await client.query<Role>(ROLES_SQL, [[...BUILT_IN_ROLES, ...HIDDEN_ROLES]])
  const { rows: members } = await client.query<Membership>(MEMBERS_SQL, [roles.map(({ name }) => name)])
  const { rows: triggers } = await client.query<{ sql: string }>(TRIGGERS_SQL, [TABLES_FOR_ROWS])
  const { rows: policies } = await client.query<{ sql: string }>(POLICIES_SQL, [TABLES_FOR_ROWS])
  const filled = (await findFilled(client)).filter((name) => !(withoutSecrets && name === SECRETS))
  return {
    serverVersion: version,
    args: [
      ...schemas.map((name) => `--exclude-schema=${escapeIdentifier(name)}`),
      ...extensions.map((name) => `--exclude-extension=${escapeIdentifier(name)}`),
    ],
    rowArgs: filled.length === 0 ? null : ['--data-only', ...filled.map((name) => `--table=${name}`)],
    before: [PUBLICATION_SQL, ...NO_DEFAULTS, ...roles.map(toRoleSql), ...members.map(toMemberSql)].join(
      '\n',
    ),
    after: [...triggers, ...policies].map(({ sql }) => `${sql};\n`).join(''),
  }
}

/** Of every database, and made again by the dump where it has tables. */
const PUBLICATION_SQL = 'DROP PUBLICATION IF EXISTS supabase_realtime;'

/**
 * What a new database grants by default would widen what the dump grants; pg_dump sets the defaults of the source at its
 * end.
 */
const NO_DEFAULTS = ['admin', 'postgres'].flatMap((role) => {
  const grantees = ['anon', 'authenticated', 'service_role', 'postgres'].filter((name) => name !== role)
  return ['TABLES', 'SEQUENCES', 'FUNCTIONS'].map(
    (kind) => `ALTER DEFAULT PRIVILEGES FOR ROLE ${role} REVOKE ALL ON ${kind} FROM ${grantees.join(', ')};`,
  )
})

/** Schemas and extensions of the bootstrap superuser's: Postgres' and ours. */
const OURS_SQL = `
select split_part(current_setting('server_version'), ' ', 1) as version,
       (select coalesce(json_agg(nspname), '[]') from pg_namespace
         where nspowner = 10 and nspname !~ '^pg_' and nspname <> 'information_schema') as schemas,
       (select coalesce(json_agg(extname), '[]') from pg_extension where extowner = 10 and extname <> 'plpgsql') as extensions`

interface Role {
  name: string
  options: string
}

const ROLES_SQL = `
select rolname as name,
       concat_ws(' ', case when rolcanlogin then 'LOGIN' else 'NOLOGIN' end, case when not rolinherit then 'NOINHERIT' end,
         case when rolcreatedb then 'CREATEDB' end, case when rolcreaterole then 'CREATEROLE' end,
         case when rolbypassrls then 'BYPASSRLS' end) as options
  from pg_roles
 where rolname !~ '^pg_' and rolname <> all ($1::name[])
 order by rolname`

/** Postgres has no CREATE ROLE IF NOT EXISTS. */
function toRoleSql({ name, options }: Role): string {
  const create = `CREATE ROLE ${escapeIdentifier(name)} ${options}`
  return `DO ${escapeLiteral(`BEGIN ${create}; EXCEPTION WHEN duplicate_object THEN END`)};`
}

interface Membership {
  role: string
  member: string
}

const MEMBERS_SQL = `
select distinct m.roleid::regrole::text as role, m.member::regrole::text as member
  from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles r on r.oid = m.member
 where g.rolname = any ($1::name[]) and r.rolname = any ($1::name[])
 order by 1, 2`

/** regrole has quoted them. */
function toMemberSql({ role, member }: Membership): string {
  return `GRANT ${role} TO ${member};`
}

const TRIGGERS_SQL = `
select pg_get_triggerdef(oid) as sql from pg_trigger
 where not tgisinternal and tgrelid = any (array(select to_regclass(name) from unnest($1::text[]) name)::oid[])
 order by tgrelid, tgname`

const POLICIES_SQL = `
select format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', polname, polrelid::regclass,
         case when polpermissive then 'PERMISSIVE' else 'RESTRICTIVE' end,
         case polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL' end,
         (select string_agg(case when r = 0 then 'PUBLIC' else r::regrole::text end, ', ') from unnest(polroles) r))
       || coalesce(' USING (' || pg_get_expr(polqual, polrelid) || ')', '')
       || coalesce(' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')', '') as sql
  from pg_policy
 where polrelid = any (array(select to_regclass(name) from unnest($1::text[]) name)::oid[])
 order by polrelid, polname`

/** A database of an earlier release may have something else by these names, which is then the owner's. */
async function findFilled(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select name from unnest($1::text[]) name join pg_class c on c.oid = to_regclass(name)
       join pg_namespace n on n.oid = c.relnamespace
      where n.nspowner = 10 and c.relkind = 'r' and pg_get_userbyid(c.relowner) = any ($2::name[])`,
    [TABLES_FOR_ROWS, COMPAT_ROLES],
  )
  const filled: string[] = []
  for (const { name } of rows) {
    const { rowCount } = await client.query(`select from ${name} limit 1`)
    if (rowCount === 1) filled.push(name)
  }
  return filled
}
