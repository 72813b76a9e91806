/** The statement that reads what a database defines. */

/** Schemas that are neither Postgres' nor ours: those belong to the bootstrap superuser, which owns none of an owner's. */
const OWN_SCHEMA = "n.nspowner <> 10 and n.nspname <> 'db9_migrations'"

/** Members of an extension are the extension's, not the owner's. */
const notOfExtension = (catalog: string, oid: string) => `not exists (
  select from pg_depend d where d.classid = '${catalog}'::regclass and d.objid = ${oid} and d.deptype = 'e')`

const list = (item: string, order: string, from: string) =>
  `coalesce((select json_agg(${item} order by ${order}) from ${from}), '[]')`

/** The names of columns `keys` of relation `relation`, in the order of the key. */
const columnNames = (relation: string, keys: string) => `(
  select json_agg(a.attname order by part.place)
    from unnest(${keys}) with ordinality part (attnum, place)
    join pg_attribute a on a.attrelid = ${relation} and a.attnum = part.attnum)`

const COLUMNS = list(
  `json_build_object(
    'name', a.attname,
    'type', format_type(a.atttypid, a.atttypmod),
    'nullable', not a.attnotnull,
    'default', pg_get_expr(ad.adbin, ad.adrelid),
    'generated', case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end,
    'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by_default' end,
    'comment', col_description(c.oid, a.attnum))`,
  'a.attnum',
  `pg_attribute a left join pg_attrdef ad on ad.adrelid = a.attrelid and ad.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`,
)

const POLICIES = list(
  `json_build_object(
    'name', p.polname,
    'command', case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL' end,
    'permissive', p.polpermissive,
    'roles', (select json_agg(case when r.oid = 0 then 'public' else pg_get_userbyid(r.oid)::text end order by r.place)
                from unnest(p.polroles) with ordinality r (oid, place)),
    'using', pg_get_expr(p.polqual, p.polrelid),
    'check', pg_get_expr(p.polwithcheck, p.polrelid))`,
  'p.polname',
  'pg_policy p where p.polrelid = c.oid',
)

const UNIQUE_KEY = `json_build_object('name', k.conname, 'columns', ${columnNames('k.conrelid', 'k.conkey')})`
const constraintsOf = (type: string) => `pg_constraint k where k.conrelid = c.oid and k.contype = '${type}'`

const ACTION = (column: string) => `case ${column}
  when 'r' then 'RESTRICT' when 'c' then 'CASCADE' when 'n' then 'SET NULL' when 'd' then 'SET DEFAULT' else 'NO ACTION' end`

/** A foreign key of a partition's parent is repeated at the partition; the one that was written is told. */
const FOREIGN_KEYS = list(
  `json_build_object(
    'name', k.conname,
    'columns', ${columnNames('k.conrelid', 'k.conkey')},
    'references', json_build_object('schema', fn.nspname, 'name', fc.relname, 'columns', ${columnNames('k.confrelid', 'k.confkey')}),
    'on_update', ${ACTION('k.confupdtype')},
    'on_delete', ${ACTION('k.confdeltype')})`,
  'k.conname',
  `pg_constraint k join pg_class fc on fc.oid = k.confrelid join pg_namespace fn on fn.oid = fc.relnamespace
    where k.conrelid = c.oid and k.contype = 'f' and (k.conparentid = 0 or k.coninhcount > 0)`,
)

const INDEXES = list(
  `json_build_object('name', ic.relname, 'method', am.amname, 'unique', i.indisunique, 'primary', i.indisprimary,
    'valid', i.indisvalid, 'definition', pg_get_indexdef(i.indexrelid))`,
  'ic.relname',
  `pg_index i join pg_class ic on ic.oid = i.indexrelid join pg_am am on am.oid = ic.relam where i.indrelid = c.oid`,
)

const TRIGGERS = list(
  `json_build_object('name', t.tgname, 'enabled', t.tgenabled <> 'D', 'definition', pg_get_triggerdef(t.oid))`,
  't.tgname',
  'pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal',
)

const relationsOf = (kinds: string) => `pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in (${kinds}) and ${OWN_SCHEMA} and ${notOfExtension('pg_class', 'c.oid')}`

const TABLES = list(
  `json_build_object(
    'schema', n.nspname,
    'name', c.relname,
    'kind', case c.relkind when 'p' then 'partitioned_table' when 'f' then 'foreign_table' else 'table' end,
    'owner', pg_get_userbyid(c.relowner),
    'comment', obj_description(c.oid, 'pg_class'),
    'columns', ${COLUMNS},
    'partition_of', (select json_build_object('schema', pn.nspname, 'name', pc.relname)
                       from pg_inherits h join pg_class pc on pc.oid = h.inhparent join pg_namespace pn on pn.oid = pc.relnamespace
                      where h.inhrelid = c.oid and c.relispartition limit 1),
    'row_level_security', json_build_object('enabled', c.relrowsecurity, 'forced', c.relforcerowsecurity),
    'policies', ${POLICIES},
    'primary_key', (select ${UNIQUE_KEY} from ${constraintsOf('p')}),
    'unique_keys', ${list(UNIQUE_KEY, 'k.conname', constraintsOf('u'))},
    'foreign_keys', ${FOREIGN_KEYS},
    'checks', ${list(
      `json_build_object('name', k.conname, 'definition', pg_get_constraintdef(k.oid))`,
      'k.conname',
      constraintsOf('c'),
    )},
    'indexes', ${INDEXES},
    'triggers', ${TRIGGERS})`,
  'n.nspname, c.relname',
  relationsOf("'r', 'p', 'f'"),
)

/** As Postgres reads an option of a view: any spelling of true. */
const SECURITY_INVOKER = `coalesce((
  select o.option_value::bool from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker'), false)`

const VIEWS = list(
  `json_build_object(
    'name', c.relname,
    'schema', n.nspname,
    'kind', case c.relkind when 'm' then 'materialized_view' else 'view' end,
    'owner', pg_get_userbyid(c.relowner),
    'comment', obj_description(c.oid, 'pg_class'),
    'security_invoker', ${SECURITY_INVOKER},
    'columns', ${COLUMNS},
    'definition', pg_get_viewdef(c.oid))`,
  'n.nspname, c.relname',
  relationsOf("'v', 'm'"),
)

const FUNCTIONS = list(
  `json_build_object(
    'schema', n.nspname,
    'name', f.proname,
    'kind', case f.prokind when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window' else 'function' end,
    'owner', pg_get_userbyid(f.proowner),
    'arguments', pg_get_function_arguments(f.oid),
    'returns', pg_get_function_result(f.oid),
    'language', l.lanname,
    'volatility', case f.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
    'security_definer', f.prosecdef,
    'comment', obj_description(f.oid, 'pg_proc'))`,
  'n.nspname, f.proname, pg_get_function_identity_arguments(f.oid)',
  `pg_proc f join pg_namespace n on n.oid = f.pronamespace join pg_language l on l.oid = f.prolang
    where ${OWN_SCHEMA} and ${notOfExtension('pg_proc', 'f.oid')}`,
)

const ENUMS = list(
  `json_build_object('schema', n.nspname, 'name', t.typname,
    'values', ${list('e.enumlabel', 'e.enumsortorder', 'pg_enum e where e.enumtypid = t.oid')})`,
  'n.nspname, t.typname',
  `pg_type t join pg_namespace n on n.oid = t.typnamespace
    where t.typtype = 'e' and ${OWN_SCHEMA} and ${notOfExtension('pg_type', 't.oid')}`,
)

/** One JSON value, of one snapshot. It is read in a session whose search_path is Postgres' catalog alone. */
export const SCHEMA_SQL = `select json_build_object(
  'tables', ${TABLES},
  'views', ${VIEWS},
  'functions', ${FUNCTIONS},
  'enums', ${ENUMS})`
