/** SQL that describes what is exposed, for the OpenAPI description. */
import type { DescribePlan } from '../plan/plan.ts'
import { type Params, type Sql, sql } from './sql.ts'

/*
 * What the catalog does not hold, since only the description of a schema needs it: comments, labels of enums, lengths,
 * and what the role of the request may use. Its shape is `Described` of `response/openapi.ts`.
 */

/** One JSON value in the place of `location`. */
export function describeResultSql(plan: DescribePlan, params: Params): Sql {
  const relations = params.bind(toOids(plan.relations))
  const routines = params.bind(toOids(plan.routines))
  return sql`SELECT NULL AS total, 0 AS page, NULL::text AS body, pg_catalog.json_build_object('schema', (SELECT pg_catalog.obj_description(n.oid, 'pg_namespace') FROM pg_catalog.pg_namespace AS n WHERE n.nspname = ${params.bind(plan.schema)}), 'relations', (${RELATIONS(relations)}), 'routines', (${ROUTINES(routines)})) AS location`
}

function toOids(items: readonly { oid: number }[]): string {
  return `{${items.map(({ oid }) => oid).join(',')}}`
}

/** With its schema, whatever the search path, unless it is one of Postgres' own. */
const TYPE_NAME = sql`CASE WHEN b.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace AND pg_catalog.pg_type_is_visible(b.oid)
      THEN pg_catalog.concat(b.typnamespace::pg_catalog.regnamespace, '.', pg_catalog.format_type(b.oid, NULL))
      ELSE pg_catalog.format_type(b.oid, NULL) END`

/** What a domain is made of, through all domains in between: the first length that one of them sets, and whether one is NOT NULL. */
const ULTIMATE = sql`WITH RECURSIVE w AS (
      SELECT t.oid, t.typtype, t.typbasetype, t.typnotnull AS required,
        CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END AS typmod
      UNION ALL
      SELECT n.oid, n.typtype, n.typbasetype, w.required OR n.typnotnull, CASE WHEN w.typmod >= 0 THEN w.typmod ELSE n.typtypmod END
      FROM w JOIN pg_catalog.pg_type AS n ON w.typtype = 'd' AND n.oid = w.typbasetype
    )
    SELECT w.oid, w.required, w.typmod FROM w WHERE w.typtype <> 'd'`

const COLUMNS = sql`SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
      a.attname, ${TYPE_NAME}, NOT (a.attnotnull OR u.required),
      pg_catalog.col_description(c.oid, a.attnum),
      CASE WHEN b.typname IN ('varchar', 'bpchar') AND u.typmod > 4 THEN u.typmod - 4 END,
      (SELECT pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = b.oid),
      (SELECT n.nspname FROM pg_catalog.pg_namespace AS n WHERE n.oid = b.typnamespace), coalesce(nullif(b.typrelid, 0), i.typrelid, 0)::pg_catalog.int8
    ) ORDER BY a.attnum), '[]')
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
    CROSS JOIN LATERAL (${ULTIMATE}) AS u
    JOIN pg_catalog.pg_type AS b ON b.oid = u.oid
    LEFT JOIN pg_catalog.pg_type AS i ON i.oid = b.typelem
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`

const RELATIONS = (oids: Sql) => sql`SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
    c.oid::pg_catalog.int8, pg_catalog.obj_description(c.oid, 'pg_class'), (${COLUMNS})
  )), '[]')
  FROM pg_catalog.pg_class AS c
  WHERE c.oid = ANY (${oids}::pg_catalog.oid[])
    AND (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
      OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE'))`

const ROUTINES = (oids: Sql) => sql`SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
    p.oid::pg_catalog.int8, pg_catalog.obj_description(p.oid, 'pg_proc')
  )), '[]')
  FROM pg_catalog.pg_proc AS p
  WHERE p.oid = ANY (${oids}::pg_catalog.oid[]) AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')`
