/** Turns the catalog's text into the catalog. */
import type {
  Catalog,
  Column,
  ForeignKey,
  MediaHandler,
  Parameter,
  ReachableRole,
  Relation,
  RelationKind,
  Representation,
  Routine,
  TypeRef,
  Volatility,
} from './catalog.ts'
import { qualified } from './catalog.ts'
import { addViewKeys, type ColumnOrigin, type ViewOrigins, viewForeignKeys } from './view-keys.ts'
import { type Writable, Writables } from './writable.ts'

/** Of a default that is not printed, the text is empty. */
type ColumnJson = [number, string, number, boolean, string | null, boolean]
type RelationJson = [
  oid: number,
  schema: string,
  name: string,
  kind: string,
  rowType: number,
  rowSecurity: boolean,
  forceRowSecurity: boolean,
  owner: string,
  invoker: boolean,
  child: boolean,
  extension: boolean,
  columns: ColumnJson[] | null,
]
type ConstraintJson = [number, string, 'p' | 'u' | 'f', number[], number, number[] | null]
type FunctionJson = [
  oid: number,
  schema: string,
  name: string,
  volatility: string,
  securityDefiner: boolean,
  returnsSet: boolean,
  returnType: number,
  rows: number,
  variadic: boolean,
  argumentCount: number,
  defaultCount: number,
  argumentTypes: number[],
  allTypes: number[],
  modes: string[] | null,
  names: string[] | null,
  settings: string[] | null,
  extension: boolean,
]
/** Position of a view's column, and the relation and column that it comes from; 0 for an expression. */
type OriginJson = [position: number, relation: number, column: number]
type TypeJson = [
  number,
  string,
  string,
  string,
  string,
  number,
  string,
  baseName: string,
  baseKind: string,
  representation: Partial<Representation> | null,
]
type HandlerJson = [schema: string, name: string, domain: string, baseName: string, relation: number]
type RoleJson = [string, boolean, boolean, boolean, boolean, boolean, string | null, string[] | null]

interface CatalogJson {
  version: string
  relations: RelationJson[]
  constraints: ConstraintJson[]
  views: [
    view: number,
    reads: number[] | null,
    origins: OriginJson[] | null,
    definers: [schema: string, name: string][] | null,
    shows: number | null,
    insteadOf: number[],
  ][]
  functions: FunctionJson[]
  types: TypeJson[]
  handlers: HandlerJson[]
  roles: RoleJson[]
}

const RELATION_KIND: Readonly<Record<string, RelationKind>> = {
  r: 'table',
  p: 'table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  c: 'composite type',
}
const VOLATILITY: Readonly<Record<string, Volatility>> = { i: 'immutable', s: 'stable', v: 'volatile' }
const TYPE_KIND: Readonly<Record<string, TypeRef['kind']>> = {
  b: 'base',
  c: 'composite',
  d: 'domain',
  e: 'enum',
  p: 'pseudo',
  r: 'range',
  m: 'multirange',
}

/** Reads what `CATALOG_SQL` returned. The text is our own statement's, so its shape is trusted. */
export function parseCatalog(text: string): Catalog {
  const json = JSON.parse(text) as CatalogJson
  const types = new Map(json.types.map((type) => [type[0], toType(type)]))
  const typeOf = (oid: number): TypeRef => types.get(oid) ?? UNKNOWN_TYPE
  const columnNames = new Map(
    json.relations.map((relation) => [
      relation[0],
      new Map((relation[11] ?? []).map(([number, name]) => [number, name])),
    ]),
  )
  const namesOf = (oid: number, numbers: readonly number[]) =>
    numbers.map((number) => columnNames.get(oid)?.get(number) ?? '')
  const keys = Map.groupBy(json.constraints, ([oid]) => oid)
  const views = new Map(json.views.map((view) => [view[0], view]))
  const origins = toOrigins(json.views, namesOf)

  const kinds = new Map(json.relations.map((row) => [row[0], RELATION_KIND[row[3]] ?? 'foreign table']))
  const viewRules = new Map(
    json.views.map(([oid, , , , shows, insteadOf]) => [
      oid,
      { shows: shows ?? 0, insteadOf, columns: origins.get(oid) ?? new Map() },
    ]),
  )
  const writables = new Writables(kinds, viewRules)

  const relations = new Map<number, Relation>()
  for (const row of json.relations) {
    const [oid] = row
    const unique = (keys.get(oid) ?? []).filter(([, , kind]) => kind !== 'f')
    const primary = unique.find(([, , kind]) => kind === 'p')
    relations.set(oid, {
      ...toRelation(row, typeOf),
      ...writables.of(oid),
      primaryKey: primary === undefined ? [] : namesOf(oid, primary[3]),
      uniqueKeys: unique.map(([, , , numbers]) => namesOf(oid, numbers)),
      sources: views.get(oid)?.[1] ?? [],
      definers: (views.get(oid)?.[3] ?? []).map(([schema, name]) => ({ schema, name })),
    })
  }
  addViewKeys(relations, origins)
  const tableKeys = json.constraints.flatMap((row) => toForeignKey(row, relations, namesOf))
  const foreignKeys = [...tableKeys, ...viewForeignKeys(relations, origins, tableKeys)]
  const routines = json.functions.map((row) => toRoutine(row, typeOf))
  return {
    version: json.version,
    relations,
    relationsByName: new Map(
      [...relations.values()]
        .filter(({ kind }) => kind !== 'composite type')
        .map((relation) => [keyOf(relation), relation]),
    ),
    foreignKeys,
    foreignKeysOf: byRelation(foreignKeys),
    routines: Map.groupBy(routines, keyOf),
    computed: Map.groupBy(
      routines.filter(isComputed),
      ({ parameters }) => parameters[0]?.type.relationOid ?? 0,
    ),
    mediaHandlers: json.handlers.map(toHandler),
    reachableRoles: json.roles.map(toRole),
  }
}

const UNKNOWN_TYPE: TypeRef = {
  schema: 'pg_catalog',
  name: 'text',
  display: 'text',
  kind: 'base',
  base: { name: 'text', kind: 'base' },
  category: 'S',
  relationOid: 0,
  representation: null,
}

const keyOf = ({ schema, name }: { schema: string; name: string }) => qualified(schema, name)

function toType(row: TypeJson): TypeRef {
  const [, schema, name, kind, category, relationOid, display, baseName, baseKind, casts] = row
  const ofBase = TYPE_KIND[baseKind] ?? 'base'
  const base = { name: baseName, kind: ofBase === 'domain' ? 'base' : ofBase }
  const representation = casts && { toJson: null, fromJson: null, fromText: null, ...casts }
  return {
    schema,
    name,
    display,
    kind: TYPE_KIND[kind] ?? 'base',
    base,
    category,
    relationOid,
    representation,
  }
}

function toRelation(
  row: RelationJson,
  typeOf: (oid: number) => TypeRef,
): Omit<Relation, 'primaryKey' | 'uniqueKeys' | 'sources' | 'definers' | keyof Writable> {
  const [oid, schema, name, kind, , rowSecurity, forceRowSecurity, owner, securityInvoker] = row
  const [, , , , , , , , , isChild, ofExtension, columns] = row
  return {
    oid,
    schema,
    name,
    kind: RELATION_KIND[kind] ?? 'foreign table',
    rowSecurity,
    forceRowSecurity,
    owner,
    securityInvoker,
    isChild,
    ofExtension,
    columns: new Map((columns ?? []).map((column) => [column[1], toColumn(column, typeOf)])),
  }
}

function toColumn(
  [, name, type, notNull, expression, generated]: ColumnJson,
  typeOf: (oid: number) => TypeRef,
): Column {
  const opaqueDefault = expression === ''
  return { name, type: typeOf(type), notNull, default: expression || null, opaqueDefault, generated }
}

function toOrigins(
  views: CatalogJson['views'],
  namesOf: (oid: number, numbers: readonly number[]) => string[],
): ViewOrigins {
  return new Map(
    views.map(([view, , list]) => {
      const columns = new Map<string, ColumnOrigin>()
      for (const [position, relation, number] of list ?? []) {
        const [name] = namesOf(view, [position])
        const [column] = namesOf(relation, [number])
        if (name && column) columns.set(name, { relation, column })
      }
      return [view, columns]
    }),
  )
}

function toForeignKey(
  [fromOid, name, kind, numbers, toOid, referenced]: ConstraintJson,
  relations: ReadonlyMap<number, Relation>,
  namesOf: (oid: number, numbers: readonly number[]) => string[],
): ForeignKey[] {
  const from = relations.get(fromOid)
  const to = relations.get(toOid)
  if (kind !== 'f' || from === undefined || to === undefined) return []
  const columns = namesOf(fromOid, numbers)
  return [{ name, from, columns, to, referenced: namesOf(toOid, referenced ?? []) }]
}

function byRelation(foreignKeys: readonly ForeignKey[]): Map<number, ForeignKey[]> {
  const index = new Map<number, ForeignKey[]>()
  for (const foreignKey of foreignKeys) {
    for (const oid of new Set([foreignKey.from.oid, foreignKey.to.oid])) {
      const list = index.get(oid)
      if (list === undefined) index.set(oid, [foreignKey])
      else list.push(foreignKey)
    }
  }
  return index
}

function toRoutine(row: FunctionJson, typeOf: (oid: number) => TypeRef): Routine {
  const [oid, schema, name, volatility, securityDefiner, returnsSet, returnType, rows] = row
  const [, , , , , , , , variadic, argumentCount, defaultCount, argumentTypes, allTypes, modes, names] = row
  const [, , , , , , , , , , , , , , , settings, ofExtension] = row
  const all = (allTypes.length > 0 ? allTypes : argumentTypes).map((type, i) => ({
    name: names?.[i] ?? '',
    type: typeOf(type),
    mode: modes?.[i] ?? 'i',
  }))
  const inputs = all.filter(({ mode }) => mode !== 'o' && mode !== 't')
  return {
    oid,
    schema,
    name,
    volatility: VOLATILITY[volatility] ?? 'volatile',
    securityDefiner,
    ofExtension,
    returnsSet,
    returnType: typeOf(returnType),
    rows,
    parameters: inputs.map(
      (input, i): Parameter => ({
        name: input.name,
        type: input.type,
        required: i < argumentCount - defaultCount,
        variadic: variadic && i === inputs.length - 1,
      }),
    ),
    outputs: all.filter(({ mode }) => mode !== 'i' && mode !== 'v').map(({ name, type }) => ({ name, type })),
    settings: settings ?? [],
  }
}

function isComputed({ parameters }: Routine): boolean {
  const [first, ...rest] = parameters
  return first?.type.kind === 'composite' && rest.every(({ required }) => !required)
}

function toHandler([schema, name, domain, baseName, relationOid]: HandlerJson): MediaHandler {
  return { schema, name, domain, isBinary: baseName === 'bytea', relationOid }
}

function toRole([
  name,
  superuser,
  bypassRls,
  createRole,
  replication,
  createDatabase,
  via,
  settings,
]: RoleJson): ReachableRole {
  const flags = { superuser, bypassRls, createRole, replication, createDatabase }
  return { name, via, ...flags, settings: settings ?? [] }
}
