import type { TypeRef } from '../catalog/catalog.ts'
import { errors } from '../errors.ts'
import { ident, qualifiedIdent, type Sql, sql } from './sql.ts'

/** SQL's own spellings of built-in types; every other name is looked up as it stands. */
const BUILT_IN: Readonly<Record<string, string>> = {
  bigint: 'int8',
  boolean: 'bool',
  char: 'bpchar',
  character: 'bpchar',
  'character varying': 'varchar',
  decimal: 'numeric',
  'double precision': 'float8',
  int: 'int4',
  integer: 'int4',
  real: 'float4',
  smallint: 'int2',
  'time with time zone': 'timetz',
  'time without time zone': 'time',
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamp',
}

/** The type of a cast that the query string names. Casts to `reg…` types and aclitem would tell of names that are not exposed. */
export function castTypeSql(name: string): Sql {
  const builtIn = Object.hasOwn(BUILT_IN, name.toLowerCase()) ? BUILT_IN[name.toLowerCase()] : undefined
  if (builtIn !== undefined) return sql`pg_catalog.${ident(builtIn)}`
  if (/^_?(?:reg|aclitem)/i.test(name) || new TextEncoder().encode(name).length > 63)
    throw errors.undefinedType(name)
  return ident(name)
}

/** The type without its modifier: assignment to the column applies that. */
export function typeSql(type: TypeRef): Sql {
  return qualifiedIdent(type)
}
