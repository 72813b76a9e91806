/**
 * What `select=column::type` may name. A type tells of whatever it was made for: a row type of the columns of its table,
 * an enum of its labels, a cast to it of a function. So only types of Postgres' own that hold plain values are taken,
 * and those that columns of listed relations have; every other name is that of no type.
 */
import type { Catalog, Relation, TypeRef } from '../catalog/catalog.ts'
import { errors } from '../errors.ts'

export interface TypeName {
  schema: string
  name: string
}

/** SQL's own spellings of built-in types. */
const SPELLINGS: Readonly<Record<string, string>> = {
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

/**
 * Types of `pg_catalog` that hold plain values, each also as an array, `_int4`. None of `reg…` and `aclitem`, which look
 * names up, nor what Postgres keeps for itself.
 */
const PLAIN: ReadonlySet<string> = new Set([
  ...['bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'money', 'oid'],
  ...[
    'text',
    'varchar',
    'bpchar',
    'name',
    'bytea',
    'bit',
    'varbit',
    'uuid',
    'xml',
    'json',
    'jsonb',
    'jsonpath',
  ],
  ...['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval'],
  ...['inet', 'cidr', 'macaddr', 'macaddr8', 'tsvector', 'tsquery'],
  ...['point', 'line', 'lseg', 'box', 'path', 'polygon', 'circle'],
  ...['int4range', 'int8range', 'numrange', 'tsrange', 'tstzrange', 'daterange'],
  ...[
    'int4multirange',
    'int8multirange',
    'nummultirange',
    'tsmultirange',
    'tstzmultirange',
    'datemultirange',
  ],
])

/** The types that may be cast to, of one catalog and what a key lists of it. */
export class CastTypes {
  readonly #byName = new Map<string, TypeRef[]>()

  constructor(catalog: Catalog, isListed: (relation: Relation) => boolean) {
    const seen = new Set<TypeRef>()
    for (const relation of catalog.relations.values()) {
      if (!isListed(relation)) continue
      for (const { type } of relation.columns.values()) {
        if (seen.has(type)) continue
        seen.add(type)
        if (isHiddenRow(catalog, type, isListed)) continue
        const known = this.#byName.get(type.name)
        if (known === undefined) this.#byName.set(type.name, [type])
        else known.push(type)
      }
    }
  }

  /**
   * The type that a cast names, in any case; `path` holds the schemas in which Postgres would look it up. Throws 42704
   * for every other name, whether there is such a type or not.
   */
  find(text: string, path: readonly string[]): TypeName {
    const lower = text.toLowerCase()
    const name = lower.includes('  ') ? lower.replaceAll(/ +/g, ' ') : lower
    const builtIn = builtInType(name)
    if (builtIn !== null) return { schema: 'pg_catalog', name: builtIn }
    const types = this.#byName.get(name) ?? []
    for (const schema of path) {
      const type = types.find((candidate) => candidate.schema === schema)
      if (type !== undefined) return { schema, name }
    }
    throw errors.undefinedType(name)
  }

  /** Whether some column of a listed relation has the type. */
  has({ schema, name }: TypeName): boolean {
    return this.#byName.get(name)?.some((type) => type.schema === schema) ?? false
  }
}

function builtInType(name: string): string | null {
  if (Object.hasOwn(SPELLINGS, name)) return SPELLINGS[name] ?? null
  return PLAIN.has(name) || (name.startsWith('_') && PLAIN.has(name.slice(1))) ? name : null
}

/** Whether it holds rows of a relation that is not listed. */
function isHiddenRow(
  catalog: Catalog,
  { relationOid }: TypeRef,
  isListed: (relation: Relation) => boolean,
): boolean {
  const relation = catalog.relations.get(relationOid)
  return relation !== undefined && relation.kind !== 'composite type' && !isListed(relation)
}
