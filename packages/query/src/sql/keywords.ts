/** SQL keywords for operators and modifiers of the wire. */
import type {
  Aggregate,
  IsValue,
  QuantifiedOperator,
  SearchOperator,
  SimpleOperator,
} from '../syntax/operators.ts'
import type { Sql } from './sql.ts'
import { sql } from './sql.ts'

/** The words of the query string as SQL text: tables, so that none of it is ever made from input. */

export const OPERATOR_SQL = {
  eq: sql`=`,
  neq: sql`<>`,
  gt: sql`>`,
  gte: sql`>=`,
  lt: sql`<`,
  lte: sql`<=`,
  like: sql`LIKE`,
  ilike: sql`ILIKE`,
  match: sql`~`,
  imatch: sql`~*`,
  cs: sql`@>`,
  cd: sql`<@`,
  ov: sql`&&`,
  sl: sql`<<`,
  sr: sql`>>`,
  nxr: sql`&<`,
  nxl: sql`&>`,
  adj: sql`-|-`,
} as const satisfies Record<SimpleOperator | QuantifiedOperator, Sql>

export const SEARCH_SQL = {
  fts: sql`to_tsquery`,
  plfts: sql`plainto_tsquery`,
  phfts: sql`phraseto_tsquery`,
  wfts: sql`websearch_to_tsquery`,
} as const satisfies Record<SearchOperator, Sql>

export const IS_SQL = {
  null: sql`NULL`,
  not_null: sql`NOT NULL`,
  true: sql`TRUE`,
  false: sql`FALSE`,
  unknown: sql`UNKNOWN`,
} as const satisfies Record<IsValue, Sql>

export const AGGREGATE_SQL = {
  sum: sql`sum`,
  avg: sql`avg`,
  count: sql`count`,
  max: sql`max`,
  min: sql`min`,
} as const satisfies Record<Aggregate, Sql>

export const QUANTIFIER_SQL = { any: sql`ANY`, all: sql`ALL` } as const
export const DIRECTION_SQL = { asc: sql` ASC`, desc: sql` DESC` } as const
export const NULLS_SQL = { first: sql` NULLS FIRST`, last: sql` NULLS LAST` } as const
