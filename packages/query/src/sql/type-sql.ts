import type { TypeRef } from '../catalog/catalog.ts'
import { errors } from '../errors.ts'
import { ident, qualifiedIdent, type Sql, sql } from './sql.ts'

/** SQL's own spellings of built-in types; every other name is looked up as it stands. */
const BUILT_IN: Readonly<Record<string, string>> = {
  bigint: 'int8',
  'bit varying': 'varbit',
  boolean: 'bool',
  char: 'bpchar',
  'char varying': 'varchar',
  character: 'bpchar',
  'character varying': 'varchar',
  dec: 'numeric',
  decimal: 'numeric',
  'double precision': 'float8',
  float: 'float8',
  int: 'int4',
  integer: 'int4',
  'national character': 'bpchar',
  'national character varying': 'varchar',
  nchar: 'bpchar',
  real: 'float4',
  smallint: 'int2',
  'time with time zone': 'timetz',
  'time without time zone': 'time',
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamp',
}

/** The type of a cast that the query string names, in any case. Casts to `reg…` types and aclitem would tell of names that are not exposed. */
export function castTypeSql(text: string): Sql {
  const name = text.toLowerCase().replaceAll(/ +/g, ' ')
  const builtIn = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined
  if (builtIn !== undefined) return sql`pg_catalog.${ident(builtIn)}`
  if (/^_?(?:reg|aclitem)/.test(name) || new TextEncoder().encode(name).length > 63)
    throw errors.undefinedType(name)
  return ident(name)
}

/** The type without its modifier: assignment to the column applies that. */
export function typeSql(type: TypeRef): Sql {
  return qualifiedIdent(type)
}
