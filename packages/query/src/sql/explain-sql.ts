/** SQL of EXPLAIN, and of estimated counts. */
import type { Explain, ExplainOption } from '../syntax/media.ts'
import { joinSql, list, Params, type Sql, sql, toArrayLiteral } from './sql.ts'

const OPTION_SQL = {
  analyze: sql`ANALYZE`,
  verbose: sql`VERBOSE`,
  settings: sql`SETTINGS`,
  buffers: sql`BUFFERS`,
  wal: sql`WAL`,
} as const satisfies Record<ExplainOption, Sql>

const FORMAT_SQL = { json: sql`FORMAT JSON`, text: sql`FORMAT TEXT` } as const

/**
 * How Postgres would run a statement, as one text. `EXPLAIN` is no expression, so `db9.explain` runs it, as the caller:
 * it is handed our own text in pieces and the values that belong between them, and quotes those itself.
 */
export function explainSql(
  { format, options }: Explain,
  params: Params,
  render: (params: Params) => Sql,
): Sql {
  const pieces = new Pieces()
  const { texts, values } = pieces.split(render(pieces))
  const wanted = list([FORMAT_SQL[format], ...options.map((option) => OPTION_SQL[option])])
  return sql`db9.explain(${params.bind(wanted)}, ${params.bind(toArrayLiteral(texts))}::pg_catalog.text[], ${params.bind(toArrayLiteral(values))}::pg_catalog.text[])`
}

/** The number of rows that the planner expects of a statement. */
export function plannedRowsSql(params: Params, render: (params: Params) => Sql): Sql {
  return sql`(${explainSql({ format: 'json', options: [] }, params, render)}::json->0->'Plan'->>'Plan Rows')::pg_catalog.int8`
}

/** Marks the place of each value with NULs, which neither our text nor any name can hold. */
class Pieces extends Params {
  override bind(value: string | number | null): Sql {
    super.bind(value)
    return `\0${this.values.length - 1}\0` as Sql
  }

  /** The text before, between and after the values, and the values in the order of the text. */
  split(text: Sql): { texts: string[]; values: (string | null)[] } {
    const parts = text.split('\0')
    return {
      texts: parts.filter((_, i) => i % 2 === 0),
      values: parts.filter((_, i) => i % 2 === 1).map((index) => this.values[Number(index)] ?? null),
    }
  }
}

/** What is explained of a write or call: its WITH list and what is made of it. */
export function withSql(lists: readonly Sql[], result: Sql): Sql {
  return lists.length === 0 ? result : sql`WITH ${joinSql(lists, sql`, `)} ${result}`
}
