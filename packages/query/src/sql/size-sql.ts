/** How large the outputs of a node may become as text, and what that costs to find out. */
import type { Relation, TypeRef } from '../catalog/catalog.ts'
import type { AggregateCall, Output, PlannedField, ReadNode, Value } from '../plan/plan.ts'
import type { TypeName } from '../policy/cast-types.ts'
import { ident, joinSql, type Sql, sql } from './sql.ts'

/**
 * `small`: never more than `SMALL_BYTES`; `text` and `bytes`: as long as it is stored, which Postgres tells without
 * reading it; `any`: it may be stored in less space than it takes as text, by far.
 */
export type Size = 'small' | 'text' | 'bytes' | 'any'

export interface SizedOutput {
  name: string
  size: Size
  /** May be null. */
  nullable: boolean
}

/** Dates, times and addresses are the longest, and labels of enums. */
const SMALL_BYTES = 80

const SIZES: Readonly<Record<string, Size>> = {
  ...Object.fromEntries(
    ['bool', 'int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'money', 'uuid', 'macaddr', 'macaddr8']
      .concat(['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval', 'inet', 'cidr'])
      .map((name) => [name, 'small'] as const),
  ),
  text: 'text',
  varchar: 'text',
  json: 'text',
  xml: 'text',
  bytea: 'bytes',
}

function sizeOfType({ schema, name }: TypeName): Size {
  return schema === 'pg_catalog' && Object.hasOwn(SIZES, name) ? (SIZES[name] ?? 'any') : 'any'
}

/** Domains and types of extensions by their category: `S` is text, `E` an enum. */
export function sizeOfColumn(type: TypeRef): Size {
  if (type.schema === 'pg_catalog') return sizeOfType(type)
  return type.category === 'S' ? 'text' : type.kind === 'enum' ? 'small' : 'any'
}

export function outputSizes(node: ReadNode): readonly SizedOutput[] {
  const [first, second] = node.outputs
  if (first?.kind === 'all' && second === undefined) return columnSizes(node.relation)
  return node.outputs.flatMap((output) => sizesOf(output, node))
}

const known = new WeakMap<Relation, readonly SizedOutput[]>()

/** Of all columns of a relation, worked out once. */
function columnSizes(relation: Relation): readonly SizedOutput[] {
  const sizes =
    known.get(relation) ??
    [...relation.columns.values()].map(({ name, type, notNull }) => ({
      name,
      size: sizeOfColumn(type),
      nullable: !notNull,
    }))
  known.set(relation, sizes)
  return sizes
}

function sizesOf(output: Output, node: ReadNode): readonly SizedOutput[] {
  switch (output.kind) {
    case 'all':
      return columnSizes(node.relation)
    case 'value':
      return [{ name: output.as, size: sizeOfValue(output.value), nullable: true }]
    case 'embed':
      return [{ name: output.as, size: node.grouped ? 'any' : 'text', nullable: true }]
    case 'spread': {
      const sizes = new Map(outputSizes(output.embed.node).map(({ name, size }) => [name, size]))
      const isOne = output.embed.relationship.cardinality.endsWith('to-one')
      return output.columns.map(({ name, as, aggregate }) => {
        const size = isOne ? (sizes.get(name) ?? 'any') : 'text'
        return {
          name: as,
          size: aggregate === null ? size : sizeOfAggregate(aggregate, size),
          nullable: true,
        }
      })
    }
    case 'present':
      return [{ name: output.as, size: 'small', nullable: false }]
  }
}

function sizeOfValue({ field, cast, aggregate }: Value): Size {
  const size = cast !== null ? sizeOfType(cast) : field === null ? 'small' : sizeOfField(field)
  return aggregate === null ? size : sizeOfAggregate(aggregate, size)
}

function sizeOfField({ base, path, type }: PlannedField): Size {
  const last = path.at(-1)
  if (last !== undefined) return last.arrow === '->>' ? 'text' : 'any'
  return base.kind === 'column' ? sizeOfColumn(type) : sizeOfColumn(base.routine.returnType)
}

/** A sum may be of another type, and as long as numbers get. */
function sizeOfAggregate({ function: name, cast }: AggregateCall, size: Size): Size {
  if (cast !== null) return sizeOfType(cast)
  return name === 'count' ? 'small' : name === 'max' || name === 'min' ? size : 'any'
}

/**
 * The bytes of the outputs that are as long as they are stored, of a row `alias`; null where there are none. A name that
 * stands there twice cannot be asked for.
 */
export function storedBytesSql(outputs: readonly SizedOutput[], alias: Sql): Sql | null {
  const stored = outputs.filter(({ size }) => size === 'text' || size === 'bytes')
  if (stored.length === 0) return null
  const repeated = repeatedNames(outputs)
  const terms = stored.filter(({ name }) => !repeated.has(name)).map((output) => termSql(output, alias))
  const [first, ...rest] = terms
  // Four values of a gigabyte are more than an int4 holds.
  return first === undefined ? null : joinSql([sql`${first}::int8`, ...rest], sql` + `)
}

function repeatedNames(outputs: readonly SizedOutput[]): ReadonlySet<string> {
  const seen = new Set<string>()
  return new Set(outputs.flatMap(({ name }) => (seen.size === seen.add(name).size ? [name] : [])))
}

function termSql({ name, size, nullable }: SizedOutput, alias: Sql): Sql {
  const value = sql`${alias}.${ident(name)}`
  // As JSON, bytes are two digits each.
  const bytes =
    size === 'bytes'
      ? sql`2 * pg_catalog.octet_length(${value})`
      : sql`pg_catalog.octet_length(${value}::text)`
  return nullable ? sql`coalesce(${bytes}, 0)` : bytes
}

/** What a row of these outputs is at most, as JSON; null where that is not known. */
export function smallRowBytes(outputs: readonly SizedOutput[]): number | null {
  if (outputs.some(({ size }) => size !== 'small')) return null
  return outputs.reduce((sum, { name }) => sum + 6 * name.length + SMALL_BYTES, 4)
}
