/** Rules by which a database is looked at: each a query over Postgres' catalog that finds what breaks the rule. */

export interface Lint {
  name: string
  level: 'ERROR' | 'WARN' | 'INFO'
  title: string
  /** Gives four columns in this order: schema, object, detail, remediation. Names in SQL that it gives are quoted by Postgres. */
  sql: string
}

/**
 * Relations of owners, as the schemas of the superuser (oid 10) are Postgres' or ours, and an extension's are its own. Brings `c` and
 * `n`; ends within a WHERE, so that conditions follow with `and`.
 */
const relations = (kinds: string) => `
  pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in (${kinds}) and n.nspowner <> 10 and n.nspname <> 'db9_migrations'
     and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`

const functions = `
  pg_proc f join pg_namespace n on n.oid = f.pronamespace
   where n.nspowner <> 10
     and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = f.oid and d.deptype = 'e')`

/** Whether a caller of the data plane that has no service key may read, insert or update relation `c`. */
const REACHABLE = `(
  has_schema_privilege('anon', n.oid, 'usage') and has_any_column_privilege('anon', c.oid, 'select, insert, update')
  or has_schema_privilege('authenticated', n.oid, 'usage') and has_any_column_privilege('authenticated', c.oid, 'select, insert, update'))`

/** The same for calling function `f`. */
const EXECUTABLE = `(
  has_schema_privilege('anon', n.oid, 'usage') and has_function_privilege('anon', f.oid, 'execute')
  or has_schema_privilege('authenticated', n.oid, 'usage') and has_function_privilege('authenticated', f.oid, 'execute'))`

const IS_INVOKER = `coalesce((select o.option_value::bool from pg_options_to_table(c.reloptions) o
  where o.option_name = 'security_invoker'), false)`

const POLICIES = `
  pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace`

export const LINTS: readonly Lint[] = [
  {
    name: 'policy_without_rls',
    level: 'ERROR',
    title: 'A table has policies, but row level security is off',
    sql: `select n.nspname, c.relname, 'Its policies do nothing until row level security is enabled.',
        format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY;', n.nspname, c.relname)
      from ${relations("'r', 'p'")} and not c.relrowsecurity and exists (select from pg_policy p where p.polrelid = c.oid)`,
  },
  {
    name: 'rls_disabled',
    level: 'ERROR',
    title: 'A table that the data plane can reach has no row level security',
    sql: `select n.nspname, c.relname,
        'anon or authenticated may read or write all of its rows. The data API refuses it unless a key says require_rls: false.',
        format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY;', n.nspname, c.relname)
      from ${relations("'r', 'p'")} and not c.relrowsecurity and ${REACHABLE}
        and not exists (select from pg_policy p where p.polrelid = c.oid)`,
  },
  {
    name: 'view_without_security_invoker',
    level: 'ERROR',
    title: 'A view reads its tables with the rights of its owner',
    sql: `select n.nspname, c.relname, 'Row level security of its tables does not hold for callers of the view.',
        format('ALTER VIEW %I.%I SET (security_invoker = on);', n.nspname, c.relname)
      from ${relations("'v'")} and not ${IS_INVOKER} and ${REACHABLE}`,
  },
  {
    name: 'policy_on_user_metadata',
    level: 'ERROR',
    title: 'A policy trusts claims that users can change themselves',
    sql: `select n.nspname, format('%s on %s', p.polname, c.relname),
        'user_metadata is what a user wrote about themselves; use app_metadata.', null
      from ${POLICIES}
     where n.nspowner <> 10
       and concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~ 'user_metadata'`,
  },
  {
    name: 'definer_function_executable',
    level: 'WARN',
    title: 'A function that runs with the rights of its owner can be called by anon or authenticated',
    sql: `select n.nspname, f.oid::regprocedure::text,
        'Row level security does not hold in it. The data API refuses it unless a key names it.',
        format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, anon, authenticated;', f.oid::regprocedure)
      from ${functions} and f.prosecdef and f.prokind = 'f' and f.prorettype <> 'trigger'::regtype and ${EXECUTABLE}`,
  },
  {
    name: 'definer_function_search_path',
    level: 'WARN',
    title: 'A function that runs with the rights of its owner has no search_path of its own',
    sql: `select n.nspname, f.oid::regprocedure::text, 'Its caller decides what names in it mean.',
        format('ALTER ROUTINE %s SET search_path = pg_catalog, public, pg_temp;', f.oid::regprocedure)
      from ${functions} and f.prosecdef and f.prosqlbody is null
        and not exists (select from unnest(f.proconfig) s where s like 'search_path=%')`,
  },
  {
    name: 'materialized_view_reachable',
    level: 'WARN',
    title: 'A materialized view can be read by anon or authenticated',
    sql: `select n.nspname, c.relname,
        'It has no row level security. The data API refuses it unless a key says require_rls: false.',
        format('REVOKE ALL ON TABLE %I.%I FROM PUBLIC, anon, authenticated;', n.nspname, c.relname)
      from ${relations("'m'")} and ${REACHABLE}`,
  },
  {
    name: 'foreign_table_reachable',
    level: 'WARN',
    title: 'A foreign table can be read by anon or authenticated',
    sql: `select n.nspname, c.relname,
        'It has no row level security. The data API refuses it unless a key says require_rls: false.',
        format('REVOKE ALL ON TABLE %I.%I FROM PUBLIC, anon, authenticated;', n.nspname, c.relname)
      from ${relations("'f'")} and ${REACHABLE}`,
  },
  {
    name: 'policy_always_true',
    level: 'WARN',
    title: 'A policy lets every caller write every row',
    sql: `select n.nspname, format('%s on %s', p.polname, c.relname),
        'Its condition is true for every row and every caller that it is for.',
        format('DROP POLICY %I ON %I.%I;', p.polname, n.nspname, c.relname)
      from ${POLICIES}
     where n.nspowner <> 10 and p.polpermissive and p.polcmd <> 'r'
       and coalesce(pg_get_expr(p.polwithcheck, p.polrelid), 'true') = 'true'
       and coalesce(pg_get_expr(p.polqual, p.polrelid), 'true') = 'true'
       and p.polroles && array[0, 'anon'::regrole, 'authenticated'::regrole]::oid[]`,
  },
  {
    name: 'table_owned_by_caller',
    level: 'WARN',
    title: 'A table belongs to a role of the data plane',
    sql: `select n.nspname, c.relname, 'Row level security does not hold for the owner of a table.',
        format('SET ROLE %I; ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY; RESET ROLE;', pg_get_userbyid(c.relowner), n.nspname, c.relname)
      from ${relations("'r', 'p'")} and c.relowner in ('anon'::regrole, 'authenticated'::regrole) and not c.relforcerowsecurity`,
  },
  {
    name: 'login_bypasses_rls',
    level: 'WARN',
    title: 'A role that can log in bypasses row level security',
    sql: `select null, r.rolname, 'No policy holds for it.', format('ALTER ROLE %I NOBYPASSRLS;', r.rolname)
      from pg_roles r where r.rolcanlogin and r.rolbypassrls and r.oid <> 10 and r.rolname not in ('admin', 'db9_admin', 'db9_reader')`,
  },
  {
    name: 'index_invalid',
    level: 'WARN',
    title: 'An index is not used, since it was not built to its end',
    sql: `select n.nspname, c.relname, 'CREATE INDEX CONCURRENTLY failed; writes keep the index up, and it serves no query.',
        format('REINDEX INDEX CONCURRENTLY %I.%I;', n.nspname, c.relname)
      from ${relations("'i'")} and exists (select from pg_index i where i.indexrelid = c.oid and not i.indisvalid)`,
  },
  {
    name: 'index_duplicate',
    level: 'WARN',
    title: 'Two indexes are the same',
    sql: `select n.nspname, c.relname, format('It is the same as %I; each write keeps both up.', o.relname),
        format('DROP INDEX %I.%I;', n.nspname, c.relname)
      from pg_index i
      join pg_index j on j.indrelid = i.indrelid and j.indexrelid < i.indexrelid
       and (j.indkey::text, j.indclass::text, j.indoption::text, j.indcollation::text, j.indisunique)
         = (i.indkey::text, i.indclass::text, i.indoption::text, i.indcollation::text, i.indisunique)
       and coalesce(pg_get_expr(j.indexprs, j.indrelid), '') = coalesce(pg_get_expr(i.indexprs, i.indrelid), '')
       and coalesce(pg_get_expr(j.indpred, j.indrelid), '') = coalesce(pg_get_expr(i.indpred, i.indrelid), '')
      join pg_class o on o.oid = j.indexrelid, ${relations("'i'")} and c.oid = i.indexrelid and o.relam = c.relam
       and not exists (select from pg_constraint k where k.conindid = i.indexrelid)`,
  },
  {
    name: 'auth_uid_is_text',
    level: 'WARN',
    title: 'auth.uid() returns text, as in earlier releases',
    // The start that found what depends on it has written that into the comment.
    sql: `select n.nspname, 'auth.uid()', obj_description(f.oid, 'pg_proc'), null
      from pg_proc f join pg_namespace n on n.oid = f.pronamespace
     where n.nspname = 'auth' and n.nspowner = 10 and f.proname = 'uid' and f.prorettype = 'text'::regtype`,
  },
  {
    name: 'extension_is_stub',
    level: 'INFO',
    title: 'An extension is there for migrations alone, and does nothing yet',
    sql: `select n.nspname, e.extname, obj_description(e.oid, 'pg_extension'), format('DROP EXTENSION %I;', e.extname)
      from pg_extension e join pg_namespace n on n.oid = e.extnamespace
     where obj_description(e.oid, 'pg_extension') like 'Stub: %'`,
  },
  {
    name: 'rls_without_policy',
    level: 'INFO',
    title: 'A table has row level security and no policy',
    sql: `select n.nspname, c.relname, 'Only its owner and roles that bypass row level security see a row of it.', null
      from ${relations("'r', 'p'")} and c.relrowsecurity and not exists (select from pg_policy p where p.polrelid = c.oid)`,
  },
  {
    name: 'foreign_key_without_index',
    level: 'INFO',
    title: 'A foreign key has no index',
    sql: `select n.nspname, format('%s on %s', k.conname, c.relname),
        'Deletes and updates of what it refers to read the whole table.',
        format('CREATE INDEX ON %I.%I (%s);', n.nspname, c.relname,
          (select string_agg(quote_ident(a.attname), ', ' order by part.place)
             from unnest(k.conkey) with ordinality part (attnum, place)
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = part.attnum))
      from pg_constraint k, ${relations("'r', 'p'")} and c.oid = k.conrelid and k.contype = 'f' and k.conparentid = 0
       and not exists (select from pg_index i where i.indrelid = k.conrelid and i.indpred is null
         and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)`,
  },
  {
    name: 'no_primary_key',
    level: 'INFO',
    title: 'A table has no primary key',
    sql: `select n.nspname, c.relname, 'Its rows cannot be told apart, by clients or by logical replication.',
        format('ALTER TABLE %I.%I ADD COLUMN %I bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;', n.nspname, c.relname,
          case when exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'id') then 'row_id' else 'id' end)
      from ${relations("'r', 'p'")} and not c.relispartition
       and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)`,
  },
]
