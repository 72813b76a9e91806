/** What planning knows of a database: plain data, the same for every key. */

export interface TypeRef {
  schema: string
  name: string
  /** As Postgres prints it: `integer`, `text[]`. */
  display: string
  kind: 'base' | 'composite' | 'domain' | 'enum' | 'pseudo' | 'range' | 'multirange'
  /** What a domain is made of, through all domains in between: the name and kind of the type itself where it is none. */
  base: { name: string; kind: Exclude<TypeRef['kind'], 'domain'> }
  /** `pg_type.typcategory`: `A` is an array. */
  category: string
  /** The relation whose rows the type holds: itself, in an array or under a domain; 0 for none. */
  relationOid: number
  /** How values of a domain are shown and read, where its owner has made casts for that. */
  representation: Representation | null
}

/** Functions that turn a domain's values into JSON, and JSON or text into them (PostgREST, "Domain Representations"). */
export interface Representation {
  toJson: FunctionName | null
  fromJson: FunctionName | null
  fromText: FunctionName | null
}

export interface FunctionName {
  schema: string
  name: string
}

export interface Column {
  name: string
  type: TypeRef
  notNull: boolean
  /** The default as an SQL expression. */
  default: string | null
  /** There is a default, but not as an expression: it holds a row, which cannot be printed without opening a relation. */
  opaqueDefault: boolean
  /** Generated, or GENERATED ALWAYS AS IDENTITY: it cannot be written. */
  generated: boolean
}

/** A composite type has columns, and no rows of its own. */
export type RelationKind = 'table' | 'view' | 'materialized view' | 'foreign table' | 'composite type'

export interface Relation {
  oid: number
  schema: string
  name: string
  kind: RelationKind
  rowSecurity: boolean
  forceRowSecurity: boolean
  owner: string
  securityInvoker: boolean
  /** A partition or inheritance child. */
  isChild: boolean
  ofExtension: boolean
  canInsert: boolean
  canUpdate: boolean
  canDelete: boolean
  columns: ReadonlyMap<string, Column>
  primaryKey: readonly string[]
  /** Every set of columns that a constraint keeps unique, the primary key's too. */
  uniqueKeys: readonly (readonly string[])[]
  /** What a view reads, by oid; oids that the catalog does not hold are system relations or ours. */
  sources: readonly number[]
  /** SECURITY DEFINER functions that a view calls: they read with the rights of their owners, for every caller of the view. */
  definers: readonly { schema: string; name: string }[]
}

export interface ForeignKey {
  name: string
  from: Relation
  columns: readonly string[]
  to: Relation
  referenced: readonly string[]
}

export interface Parameter {
  name: string
  type: TypeRef
  required: boolean
  variadic: boolean
}

export type Volatility = 'immutable' | 'stable' | 'volatile'

export interface Routine {
  oid: number
  schema: string
  name: string
  volatility: Volatility
  securityDefiner: boolean
  ofExtension: boolean
  returnsSet: boolean
  returnType: TypeRef
  /** Estimated rows of a set; 1 makes a computed relationship to-one. */
  rows: number
  parameters: readonly Parameter[]
  /** OUT, INOUT and TABLE columns. */
  outputs: readonly { name: string; type: TypeRef }[]
  /** `statement_timeout=1s`. */
  settings: readonly string[]
}

/** An aggregate of the owner's that makes a reply of rows (PostgREST, "Media Type Handlers"). */
export interface MediaHandler extends FunctionName {
  /** The name of the domain that it returns, which may be a media type. */
  domain: string
  /** It returns bytes, and not text. */
  isBinary: boolean
  /** The relation whose rows it takes; 0 for rows of any columns. */
  relationOid: number
}

export interface ReachableRole {
  name: string
  /** The member through which it is reached; null for the login itself. */
  via: string | null
  superuser: boolean
  bypassRls: boolean
  createRole: boolean
  replication: boolean
  createDatabase: boolean
  /** What `ALTER ROLE … SET` gave it: `statement_timeout=3s`. */
  settings: readonly string[]
}

export interface Catalog {
  /** Changes with every DDL. */
  version: string
  relations: ReadonlyMap<number, Relation>
  /** By `qualified(schema, name)`. */
  relationsByName: ReadonlyMap<string, Relation>
  foreignKeys: readonly ForeignKey[]
  /** Foreign keys that leave or enter a relation, by its oid. */
  foreignKeysOf: ReadonlyMap<number, readonly ForeignKey[]>
  /** By `qualified(schema, name)`, overloads together. */
  routines: ReadonlyMap<string, readonly Routine[]>
  /** Functions of one argument that is a relation's row, by the relation's oid: computed fields and relationships. */
  computed: ReadonlyMap<number, readonly Routine[]>
  mediaHandlers: readonly MediaHandler[]
  reachableRoles: readonly ReachableRole[]
}

/** What shows rows of other relations, and inherits their keys. */
export function isView({ kind }: Relation): boolean {
  return kind === 'view' || kind === 'materialized view'
}

/** Types whose single unnamed parameter takes the whole body of a request, by the media type of the body. */
export const BODY_TYPES: Readonly<Record<string, readonly string[]>> = {
  'application/json': ['json', 'jsonb'],
  'text/plain': ['text'],
  'text/xml': ['xml'],
  'application/octet-stream': ['bytea'],
}

const ANY_BODY_TYPE: ReadonlySet<string> = new Set(Object.values(BODY_TYPES).flat())

/** Whether a request can name all arguments of a function. Those of computed fields and operators have no names. */
export function isRequestable({ parameters }: Pick<Routine, 'parameters'>): boolean {
  const [first, second] = parameters
  if (second === undefined && first?.name === '') return ANY_BODY_TYPE.has(first.type.name)
  return parameters.every(({ name }) => name !== '')
}

/** A key for maps: no name holds a NUL. */
export function qualified(schema: string, name: string): string {
  return `${schema}\0${name}`
}
