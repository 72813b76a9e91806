/** Relationships between relations, and the one that an embed means. */
import { type ForeignKey, isView, type Relation, type Routine } from '../catalog/catalog.ts'
import { errors } from '../errors.ts'
import type { Exposure } from '../policy/exposure.ts'
import { closest, NEAR_SCORE } from '../policy/similar.ts'

/** A way from one relation to another, seen from the parent of an embed. */
export type Relationship = KeyRelationship | JunctionRelationship | ComputedRelationship

export interface KeyRelationship {
  kind: 'key'
  cardinality: 'many-to-one' | 'one-to-many' | 'one-to-one'
  constraint: string
  from: Relation
  to: Relation
  /** Columns of `from` and of `to` that are equal. */
  pairs: readonly (readonly [string, string])[]
}

export interface JunctionRelationship {
  kind: 'junction'
  cardinality: 'many-to-many'
  from: Relation
  to: Relation
  junction: Relation
  /** From the junction to the parent, and from the junction to the child. */
  source: ForeignKey
  target: ForeignKey
}

export interface ComputedRelationship {
  kind: 'computed'
  cardinality: 'one-to-many' | 'many-to-one'
  from: Relation
  to: Relation
  routine: Routine
}

export function isToOne({ cardinality }: Relationship): boolean {
  return cardinality === 'many-to-one' || cardinality === 'one-to-one'
}

/**
 * The one relationship that `target` and `hint` name, among relations that the key exposes.
 * Throws PGRST200 where there is none and PGRST201 where there are several.
 */
export function findRelationship(
  exposure: Exposure,
  schema: string,
  from: Relation,
  target: string,
  hint: string | null,
): Relationship {
  const computed = findComputed(exposure, from, target)
  if (computed !== null) return computed
  const all = relationshipsOf(exposure, schema, from)
  const found = withoutOwnViews(all.filter((relationship) => matches(relationship, target, hint)))
  const [first, second] = found
  if (first === undefined) throw noRelationship(exposure, schema, from, target, hint, all)
  if (second !== undefined) throw ambiguous(from, target, found)
  return first
}

function findComputed(exposure: Exposure, from: Relation, name: string): ComputedRelationship | null {
  const routine = exposure.computed(from, name)
  const to = routine === null ? null : exposure.rowsOf(routine)
  if (routine === null || to === null || routine.returnType.kind !== 'composite') return null
  const isToMany = routine.returnsSet && routine.rows !== 1
  return { kind: 'computed', cardinality: isToMany ? 'one-to-many' : 'many-to-one', from, to, routine }
}

/** Every relationship by keys from a relation to exposed relations of the schema. */
function relationshipsOf(exposure: Exposure, schema: string, from: Relation): Relationship[] {
  const isTarget = (relation: Relation) => relation.schema === schema && exposure.isListed(relation)
  const found: Relationship[] = []
  for (const key of exposure.catalog.foreignKeysOf.get(from.oid) ?? []) {
    if (key.from === from && isTarget(key.to)) found.push(forwards(key))
    if (key.to === from && isTarget(key.from)) found.push(backwards(key))
    if (key.to === from && exposure.isListed(key.from))
      found.push(...throughJunction(exposure, key, isTarget))
  }
  return found
}

function forwards(key: ForeignKey): KeyRelationship {
  return {
    kind: 'key',
    cardinality: isUnique(key.from, key.columns) ? 'one-to-one' : 'many-to-one',
    constraint: key.name,
    from: key.from,
    to: key.to,
    pairs: key.columns.map((column, i) => [column, key.referenced[i] ?? '']),
  }
}

function backwards(key: ForeignKey): KeyRelationship {
  return {
    kind: 'key',
    cardinality: isUnique(key.from, key.columns) ? 'one-to-one' : 'one-to-many',
    constraint: key.name,
    from: key.to,
    to: key.from,
    pairs: key.columns.map((column, i) => [key.referenced[i] ?? '', column]),
  }
}

function isUnique(relation: Relation, columns: readonly string[]): boolean {
  return relation.uniqueKeys.some(
    (key) => key.length === columns.length && key.every((column) => columns.includes(column)),
  )
}

/**
 * A junction's primary key holds the columns of both its foreign keys, neither of which leads to one row alone; views
 * on both sides may show one and the same key, which joins nothing.
 */
function throughJunction(
  exposure: Exposure,
  source: ForeignKey,
  isTarget: (relation: Relation) => boolean,
): JunctionRelationship[] {
  const junction = source.from
  const inKey = ({ columns }: ForeignKey) => columns.every((column) => junction.primaryKey.includes(column))
  const isMany = (key: ForeignKey) => inKey(key) && !isUnique(junction, key.columns)
  if (!isMany(source)) return []
  return (exposure.catalog.foreignKeysOf.get(junction.oid) ?? [])
    .filter((target) => target.from === junction && target.name !== source.name && isMany(target))
    .filter((target) => isTarget(target.to))
    .map((target) => ({
      kind: 'junction',
      cardinality: 'many-to-many',
      from: source.to,
      to: target.to,
      junction,
      source,
      target,
    }))
}

function matches(relationship: Relationship, target: string, hint: string | null): boolean {
  if (relationship.kind === 'computed') return false
  const isNamed = relationship.to.name === target
  if (relationship.from === relationship.to) return matchesSelf(relationship, isNamed, target, hint)
  if (hint !== null) return isNamed && matchesHint(relationship, hint)
  if (isNamed) return true
  // A constraint or column names the table that it refers to, never a view of it.
  if (relationship.kind === 'junction' || isView(relationship.to)) return false
  return relationship.constraint === target || singlePair(relationship)?.[0] === target
}

/** A column of a view leads to the table that it refers to, and to the view itself only where that table is not exposed. */
function withoutOwnViews(found: Relationship[]): Relationship[] {
  const isOwnView = ({ from, to }: Relationship) => from === to && isView(to)
  const others = found.filter((relationship) => !isOwnView(relationship))
  return others.length > 0 && others.every(({ to }) => !isView(to)) ? others : found
}

function matchesHint(relationship: KeyRelationship | JunctionRelationship, hint: string): boolean {
  if (relationship.kind === 'junction')
    return [relationship.junction.name, relationship.source.name].includes(hint)
  return relationship.constraint === hint || (singlePair(relationship)?.includes(hint) ?? false)
}

/** One key of a relation to itself goes two ways: the relation's name means down, the column's name means up. */
function matchesSelf(
  relationship: KeyRelationship | JunctionRelationship,
  isNamed: boolean,
  target: string,
  hint: string | null,
): boolean {
  if (relationship.kind === 'junction') return isNamed && hint !== null && matchesHint(relationship, hint)
  const pair = singlePair(relationship)
  const isDown = relationship.cardinality === 'one-to-many'
  if (hint !== null) return isNamed && isDown && (pair?.[1] === hint || relationship.constraint === hint)
  return isDown ? isNamed : pair?.[0] === target
}

function singlePair({ pairs }: KeyRelationship): readonly [string, string] | undefined {
  return pairs.length === 1 ? pairs[0] : undefined
}

function noRelationship(
  exposure: Exposure,
  schema: string,
  from: Relation,
  target: string,
  hint: string | null,
  relationships: readonly Relationship[],
) {
  const names = [...new Set(relationships.map(({ to }) => to.name))]
  // A relation that nothing leads from may be the wrong one itself.
  const [wrong, others] = names.length > 0 ? [target, names] : [from.name, relatedNames(exposure, schema)]
  const isSame = others.some((name) => name.toLowerCase() === wrong.toLowerCase())
  const perhaps = isSame ? null : closest(wrong, others, NEAR_SCORE)
  return errors.noRelationship({
    parent: from.name,
    child: target,
    hint,
    schema,
    perhaps: perhaps === null ? null : `Perhaps you meant '${perhaps}' instead of '${wrong}'.`,
  })
}

/** Exposed relations of a schema from which some relationship leads. */
function relatedNames(exposure: Exposure, schema: string): string[] {
  const isShown = (relation: Relation) => relation.schema === schema && exposure.isListed(relation)
  const names = exposure.catalog.foreignKeys.flatMap(({ from, to }) =>
    isShown(from) && isShown(to) ? [from.name, to.name] : [],
  )
  return [...new Set(names)]
}

function ambiguous(from: Relation, target: string, found: readonly Relationship[]) {
  return errors.ambiguousRelationship(
    from.name,
    target,
    found.map((relationship) => ({
      cardinality: relationship.cardinality,
      relationship: describe(relationship),
      embedding: `${from.name} with ${relationship.to.name}`,
      hint: `${relationship.to.name}!${hintOf(relationship)}`,
    })),
  )
}

function describe(relationship: Relationship): string {
  switch (relationship.kind) {
    case 'key': {
      const [left, right] = [0, 1].map((side) => relationship.pairs.map((pair) => pair[side]).join(', '))
      const { constraint, from, to } = relationship
      return `${constraint} using ${from.name}(${left}) and ${to.name}(${right})`
    }
    case 'junction': {
      const { junction, source, target } = relationship
      const keys = [source, target].map(({ name, columns }) => `${name}(${columns.join(', ')})`)
      return `${junction.name} using ${keys.join(' and ')}`
    }
    case 'computed':
      return relationship.routine.name
  }
}

function hintOf(relationship: Relationship): string {
  switch (relationship.kind) {
    case 'key':
      return relationship.constraint
    case 'junction': {
      // Of a relation with itself both ways lead through one junction: the parent's key tells them apart.
      const { from, to, junction, source } = relationship
      return from === to ? source.name : junction.name
    }
    case 'computed':
      return relationship.routine.name
  }
}
