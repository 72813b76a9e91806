/**
 * The relation that a view shows, where its query is one that Postgres can write through (rewriteHandler.c,
 * `view_query_is_auto_updatable`): one relation and nothing of what is named below; else null. Query trees are as
 * Postgres 18 writes them, in which names have no bare space; in those of another version nothing is found, and OPTIONS
 * and the description of a schema then say of such a view that it cannot be written to.
 */
const SHOWN = `
      select pg_catalog.split_part(pg_catalog.split_part(t.entries, ' :rtekind 0 :relid ', 2), ' ', 1)::pg_catalog.int8
      from (select
        pg_catalog.split_part(q.tree, ' :rtable ', 1) as flags,
        pg_catalog.split_part(pg_catalog.split_part(q.tree, ' :rtable ', 2), ' :jointree ', 1) as entries,
        pg_catalog.split_part(q.tree, ' :jointree ', 2) as joined,
        pg_catalog.split_part(q.tree, ' :groupClause ', -1) as clauses
      ) t
      where t.flags like '({QUERY :commandType 1 % :hasAggs false :hasWindowFuncs false :hasTargetSRFs false % :cteList <>'
        and t.entries like '({RANGETBLENTRY % :rtekind 0 :relid % :tablesample <> %'
        and t.entries not like '%{RANGETBLENTRY %{RANGETBLENTRY %'
        and pg_catalog.split_part(pg_catalog.split_part(t.entries, ' :relkind ', 2), ' ', 1) in ('r', 'p', 'v', 'f')
        and t.joined like '{FROMEXPR :fromlist ({RANGETBLREF :rtindex 1}) %'
        and t.clauses like '<> % :groupingSets <> :havingQual <> :windowClause <> :distinctClause <> % :limitOffset <> :limitCount <> % :setOperations <> %'
        and t.clauses not like '% :limitOffset % :limitOffset %'`

/**
 * The origins of a view's own columns: the entries of the outermost target list, which nested queries have as well. An entry
 * is told by how many braces are open before its ` :resno `. In names, spaces and braces follow a backslash.
 */
const ORIGINS = `
      select pg_catalog.json_agg(pg_catalog.json_build_array(
        pg_catalog.split_part(e.text, ' ', 1)::pg_catalog.int4,
        pg_catalog.split_part(pg_catalog.split_part(e.text, ' :resorigtbl ', 2), ' ', 1)::pg_catalog.int8,
        pg_catalog.split_part(pg_catalog.split_part(e.text, ' :resorigcol ', 2), ' ', 1)::pg_catalog.int4
      ) order by e.position)
      from (
        select s.text, s.position, pg_catalog.sum(
          pg_catalog.length(pg_catalog.replace(s.text, '}', '')) - pg_catalog.length(pg_catalog.replace(s.text, '{', ''))
        ) over (order by s.position rows between unbounded preceding and 1 preceding) as depth
        from pg_catalog.string_to_table(
          pg_catalog.replace(pg_catalog.replace(q.tree, '\\{', ''), '\\}', ''), ' :resno '
        ) with ordinality s(text, position)
      ) e
      where e.position > 1 and e.depth = 2`

/** The type that a domain is made of, through all domains in between; the type itself where it is none. */
function ultimateType(type: string): string {
  return `
      with recursive w as (
        select ${type}.typname, ${type}.typtype, ${type}.typbasetype
        union all
        select b.typname, b.typtype, b.typbasetype
        from w join pg_catalog.pg_type b on w.typtype = 'd' and b.oid = w.typbasetype
      )
      select w.typname as name, w.typtype as kind from w where w.typtype <> 'd'`
}

/** The relation whose rows a type holds, by itself, under domains or in arrays of either; 0 for none. */
function heldRelation(type: string): string {
  return `
      with recursive w as (
        select ${type}.typtype, ${type}.typbasetype, ${type}.typelem, ${type}.typrelid
        union all
        select b.typtype, b.typbasetype, b.typelem, b.typrelid
        from w join pg_catalog.pg_type b on b.oid = case w.typtype when 'd' then w.typbasetype else w.typelem end
      )
      select pg_catalog.max(w.typrelid::pg_catalog.int8) as relation from w`
}

/**
 * Implicit casts between a domain and json or text, which Postgres itself overlooks. A SECURITY DEFINER function is none: it
 * would run for every caller of the column.
 */
const REPRESENTATION = `
        select pg_catalog.json_object_agg(
          case when c.castsource = t.oid then 'toJson' when c.castsource = 'pg_catalog.json'::pg_catalog.regtype then 'fromJson' else 'fromText' end,
          pg_catalog.json_build_object('schema', f.nspname, 'name', p.proname)
        )
        from pg_catalog.pg_cast c
        join pg_catalog.pg_proc p on p.oid = c.castfunc
        join pg_catalog.pg_namespace f on f.oid = p.pronamespace
        where c.castcontext = 'i' and c.castmethod = 'f' and not p.prosecdef and (
          c.castsource = t.oid and c.casttarget = 'pg_catalog.json'::pg_catalog.regtype
          or c.casttarget = t.oid and c.castsource in ('pg_catalog.json'::pg_catalog.regtype, 'pg_catalog.text'::pg_catalog.regtype)
        )`

/**
 * One statement that returns one JSON value: everything that planning needs to know of a database.
 *
 * Every name is qualified, but defaults are printed relative to the search path: run it with
 * `search_path = pg_catalog`, as `catalogBatch` does. Its shape is `CatalogJson` of `parse-catalog.ts`.
 *
 * Nothing in it opens a relation of the database, or it would wait for the session that has locked one, and with it every request:
 * no `pg_relation_is_updatable`, no `pg_get_expr` with a relation or of a row type, no `pg_get_viewdef`.
 */
export const CATALOG_SQL = `
with schemas as (
  select n.oid, n.nspname
  from pg_catalog.pg_namespace n
  where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'auth', 'db9', 'extensions')
),
members as (
  select d.classid, d.objid
  from pg_catalog.pg_depend d
  where d.deptype = 'e' and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
),
relations as (
  select c.oid, s.nspname, c.relname, c.relkind, c.reltype, c.relrowsecurity, c.relforcerowsecurity,
    pg_catalog.pg_get_userbyid(c.relowner) as owner,
    coalesce((
      select o.option_value::pg_catalog.bool
      from pg_catalog.pg_options_to_table(c.reloptions) o
      where o.option_name = 'security_invoker'
    ), false) as invoker,
    c.relispartition or exists (
      select from pg_catalog.pg_inherits i where i.inhrelid = c.oid
    ) as child,
    exists (
      select from members m
      where m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and m.objid = c.oid
    ) as extension
  from pg_catalog.pg_class c
  join schemas s on s.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
),
columns as (
  select a.attrelid, pg_catalog.json_agg(pg_catalog.json_build_array(
    a.attnum, a.attname, a.atttypid::pg_catalog.int8, a.attnotnull,
    case
      when a.attgenerated <> '' then null
      -- By its oid: looking a name up would take USAGE on its schema, which this login need not have.
      when a.attidentity <> '' then (
        select pg_catalog.format('nextval(%L::regclass)', s.objid::pg_catalog.regclass)
        from pg_catalog.pg_depend s
        where s.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and s.deptype = 'i'
          and s.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
          and s.refobjid = a.attrelid and s.refobjsubid = a.attnum
      )
      when d.oid is null then (
        -- A domain has the default of the domain that it is made of, unless it has its own.
        select case t.kind when 'c' then '' else pg_catalog.pg_get_expr(y.typdefaultbin, 0) end
        from pg_catalog.pg_type y cross join lateral (${ultimateType('y')}) t
        where y.oid = a.atttypid and y.typtype = 'd'
      )
      -- Printing a value of a row type opens the relation that the type is of.
      when exists (
        select from pg_catalog.pg_depend p
        left join pg_catalog.pg_type t
          on p.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass and t.oid = p.refobjid
        left join pg_catalog.pg_type e on e.oid = case t.typtype when 'd' then t.typbasetype else t.typelem end
        left join pg_catalog.pg_type b on b.oid = case e.typtype when 'd' then e.typbasetype else e.typelem end
        where p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and p.objid = d.oid
          and ('c' in (t.typtype, e.typtype, b.typtype)
            or p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and p.deptype = 'n' and p.refobjsubid > 0)
      ) then ''
      -- There are no columns in a default, so it is printed without its relation.
      else pg_catalog.pg_get_expr(d.adbin, 0)
    end,
    a.attgenerated <> '' or a.attidentity = 'a'
  ) order by a.attnum) as list
  from pg_catalog.pg_attribute a
  join relations r on r.oid = a.attrelid
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attnum > 0 and not a.attisdropped
  group by a.attrelid
),
functions as (
  select p.oid, s.nspname, p.proname, p.provolatile, p.prosecdef, p.proretset, p.prorettype, p.prorows,
    p.provariadic, p.pronargs, p.pronargdefaults, p.proargtypes, p.proallargtypes, p.proargmodes, p.proargnames,
    p.proconfig,
    exists (
      select from members m
      where m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and m.objid = p.oid
    ) as extension
  from pg_catalog.pg_proc p
  join schemas s on s.oid = p.pronamespace
  where p.prokind = 'f' and p.prorettype not in (
    'pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype,
    'pg_catalog.internal'::pg_catalog.regtype
  )
),
used_types as (
  select a.atttypid as oid from pg_catalog.pg_attribute a join relations r on r.oid = a.attrelid where a.attnum > 0
  union select f.prorettype from functions f
  union select t.oid from functions f cross join lateral pg_catalog.unnest(f.proargtypes) t(oid)
  union select t.oid from functions f cross join lateral pg_catalog.unnest(f.proallargtypes) t(oid)
),
reachable as (
  with recursive edges as (
    select m.member, m.roleid from pg_catalog.pg_auth_members m
  ),
  walk as (
    select r.oid, null::pg_catalog.oid as via from pg_catalog.pg_roles r where r.rolname = 'authenticator'
    union
    select e.roleid, e.member from edges e join walk w on e.member = w.oid
  )
  select oid, via from walk
)
select pg_catalog.json_build_object(
  'version', (select coalesce(pg_catalog.sum(d.n), 0)::pg_catalog.text from db9.ddl d),
  'relations', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
      r.oid::pg_catalog.int8, r.nspname, r.relname, r.relkind, r.reltype::pg_catalog.int8,
      r.relrowsecurity, r.relforcerowsecurity, r.owner, r.invoker, r.child, r.extension,
      c.list
    )), '[]')
    from relations r left join columns c on c.attrelid = r.oid
  ),
  'constraints', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
      k.conrelid::pg_catalog.int8, k.conname, k.contype, k.conkey, k.confrelid::pg_catalog.int8, k.confkey
    )), '[]')
    from pg_catalog.pg_constraint k join relations r on r.oid = k.conrelid
    where k.contype in ('p', 'u', 'f') and (k.contype <> 'f' or k.conparentid = 0)
  ),
  'views', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(r.oid::pg_catalog.int8, (
      select pg_catalog.json_agg(distinct found.relid[1]::pg_catalog.int8)
      from pg_catalog.regexp_matches(q.tree, ':relid (\\d+)', 'g') found(relid)
      where found.relid[1] <> r.oid::pg_catalog.text and found.relid[1] <> '0'
    ), (${ORIGINS}
    ), (
      select pg_catalog.json_agg(distinct pg_catalog.jsonb_build_array(n.nspname, p.proname))
      from pg_catalog.pg_depend d
      left join pg_catalog.pg_operator o
        on d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass and o.oid = d.refobjid
      join pg_catalog.pg_proc p
        on p.oid = case d.refclassid when 'pg_catalog.pg_proc'::pg_catalog.regclass then d.refobjid else o.oprcode end
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid and p.prosecdef
    ), (${SHOWN}
    ), array(
      -- 2 is UPDATE, 3 INSERT, 4 DELETE: rules without a condition, and triggers.
      select i.ev_type::pg_catalog.text::pg_catalog.int4 from pg_catalog.pg_rewrite i
      where i.ev_class = r.oid and i.is_instead and i.ev_qual::pg_catalog.text = '<>' and i.ev_type <> '1'
      union
      select e.command from pg_catalog.pg_trigger g, (values (2, 16), (3, 4), (4, 8)) e(command, bit)
      where g.tgrelid = r.oid and not g.tgisinternal and g.tgtype & 64 <> 0 and g.tgtype & e.bit <> 0
    ))), '[]')
    from relations r
    join pg_catalog.pg_rewrite w on w.ev_class = r.oid and w.rulename = '_RETURN'
    -- Stored compressed, and looked at several times.
    cross join lateral (select pg_catalog.concat(w.ev_action::pg_catalog.text) offset 0) q(tree)
    where r.relkind in ('v', 'm')
  ),
  'functions', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
      f.oid::pg_catalog.int8, f.nspname, f.proname, f.provolatile, f.prosecdef, f.proretset,
      f.prorettype::pg_catalog.int8, f.prorows, f.provariadic <> 0, f.pronargs, f.pronargdefaults,
      array(select t::pg_catalog.int8 from pg_catalog.unnest(f.proargtypes) t),
      array(select t::pg_catalog.int8 from pg_catalog.unnest(f.proallargtypes) t),
      f.proargmodes, f.proargnames, f.proconfig, f.extension
    )), '[]')
    from functions f
  ),
  'types', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
      t.oid::pg_catalog.int8, n.nspname, t.typname, t.typtype, t.typcategory,
      held.relation::pg_catalog.int8, pg_catalog.format_type(t.oid, null), base.name, base.kind,
      case t.typtype when 'd' then (${REPRESENTATION}
      ) end
    )), '[]')
    from pg_catalog.pg_type t
    join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    cross join lateral (${ultimateType('t')}) base
    cross join lateral (${heldRelation('t')}) held
    where t.oid in (select u.oid from used_types u)
  ),
  'handlers', (
    -- An aggregate with a SECURITY DEFINER function is none: it would run for every reader of the rows.
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
      s.nspname, p.proname, t.typname, base.name, a.typrelid::pg_catalog.int8
    ) order by s.nspname, p.proname, p.oid), '[]')
    from pg_catalog.pg_aggregate g
    join pg_catalog.pg_proc p on p.oid = g.aggfnoid
    join schemas s on s.oid = p.pronamespace
    join pg_catalog.pg_type t on t.oid = p.prorettype
    join pg_catalog.pg_type a on a.oid = p.proargtypes[0]
    cross join lateral (${ultimateType('t')}) base
    where t.typtype = 'd' and t.typname like '%/%' and g.aggkind = 'n' and p.pronargs = 1
      and (a.typrelid <> 0 or a.oid = 'pg_catalog.anyelement'::pg_catalog.regtype)
      and not exists (
        select from pg_catalog.pg_proc f
        where f.prosecdef and f.oid in (g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggserialfn, g.aggdeserialfn)
      )
  ),
  'roles', (
    select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
      r.rolname, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolreplication, r.rolcreatedb, v.rolname, array(
        -- Only what any session may set: the login applies them.
        select s.setting from pg_catalog.unnest(r.rolconfig) with ordinality s(setting, position)
        join pg_catalog.pg_settings p
          on pg_catalog.lower(p.name) = pg_catalog.lower(pg_catalog.split_part(s.setting, '=', 1)) and p.context = 'user'
        order by s.position
      )
    )), '[]')
    from reachable x
    join pg_catalog.pg_roles r on r.oid = x.oid
    left join pg_catalog.pg_roles v on v.oid = x.via
  )
)::pg_catalog.text`
