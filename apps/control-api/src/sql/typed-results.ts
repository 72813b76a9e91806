/** Results of an owner's SQL, with the types of their columns. */
import type pg from 'pg'
import type { Session } from './session.ts'
import type { Field, TextOutcome, TextQuery } from './text-query.ts'
import { type ColumnType, type ResultValue, toJson } from './values.ts'

export interface TypedResult {
  columns: { name: string; type: string }[]
  rows: ResultValue[][]
  command: string
  affected: number
}

export interface TypedOutcome extends Pick<TextOutcome, 'copy' | 'isTransactionOpen'> {
  results: TypedResult[]
}

/** Runs a text of the owner's, in a READ ONLY transaction where `readOnly` says so. */
export async function runTyped(
  { client, submit }: Session,
  query: TextQuery,
  readOnly: boolean,
): Promise<TypedOutcome> {
  if (readOnly) await client.query('BEGIN READ ONLY')
  const { results, copy, isTransactionOpen: isOpen } = await submit(query)
  // A read-only transaction is ours, and rolled back in any case.
  const isTransactionOpen = isOpen && !readOnly
  if (copy || isTransactionOpen) return { results: [], copy, isTransactionOpen }

  const types = await describeTypes(
    client,
    results.flatMap((result) => result.fields),
  )
  if (readOnly) await client.query('ROLLBACK')
  const typeOf = (field: Field) => types.get(keyOf(field)) ?? UNKNOWN_TYPE
  return {
    copy,
    isTransactionOpen,
    results: results.map(({ fields, rows, command, affected }) => ({
      columns: fields.map((field) => ({ name: field.name, type: typeOf(field).name })),
      rows: rows.map((row) => row.map((text, i) => decode(text, fields[i], typeOf))),
      command,
      affected,
    })),
  }
}

function decode(
  text: string | null,
  field: Field | undefined,
  typeOf: (field: Field) => ColumnType,
): ResultValue {
  return field ? toJson(text, field.dataTypeID, typeOf(field)) : text
}

const UNKNOWN_TYPE: ColumnType = { name: '???', element: null, delimiter: ',' }
const FIRST_USER_OID = 16_384
const MAX_CACHED_TYPES = 5_000
/** Built-in types, by oid and modifier: the same in every database of this Postgres. */
const builtInTypes = new Map<string, ColumnType>()

const keyOf = (field: Field) => `${field.dataTypeID}:${field.dataTypeModifier}`

/** Names each column's type. Types that the database defines are read each time, since they can be renamed. */
async function describeTypes(client: pg.Client, fields: Field[]): Promise<Map<string, ColumnType>> {
  const types = new Map<string, ColumnType>()
  const asked = new Map<string, Field>()
  for (const field of fields) {
    const known = builtInTypes.get(keyOf(field))
    if (known) types.set(keyOf(field), known)
    else asked.set(keyOf(field), field)
  }
  if (asked.size === 0) return types

  const list = [...asked.values()]
  const { rows } = await client.query<{ name: string; element: number | null; delimiter: string }>(
    DESCRIBE_SQL,
    [list.map((field) => field.dataTypeID), list.map((field) => field.dataTypeModifier)],
  )
  for (const [i, field] of list.entries()) {
    const type = rows[i] ?? UNKNOWN_TYPE
    types.set(keyOf(field), type)
    if (field.dataTypeID < FIRST_USER_OID && builtInTypes.size < MAX_CACHED_TYPES)
      builtInTypes.set(keyOf(field), type)
  }
  return types
}

/** Fully qualified: the caller may have set any search_path. int2vector and oidvector are arrays without the braces. */
const DESCRIBE_SQL = `
  select pg_catalog.format_type(asked.oid, asked.typmod) as name,
         case when own.typcategory operator(pg_catalog.=) 'A' and own.typelem operator(pg_catalog.<>) 0
                   and own.oid operator(pg_catalog.<>) 22 and own.oid operator(pg_catalog.<>) 30
              then own.typelem::pg_catalog.int8::pg_catalog.int4 end as element,
         coalesce(item.typdelim, ',')::pg_catalog.text as delimiter
    from rows from (pg_catalog.unnest($1::pg_catalog.oid[]), pg_catalog.unnest($2::pg_catalog.int4[]))
           with ordinality as asked (oid, typmod, place)
    left join pg_catalog.pg_type own on own.oid operator(pg_catalog.=) asked.oid
    left join pg_catalog.pg_type item on item.oid operator(pg_catalog.=) own.typelem
   order by asked.place`
