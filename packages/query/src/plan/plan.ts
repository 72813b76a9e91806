/** The plan: a request resolved against catalog and policy. Types alone. */
import type { Column, Parameter, Relation, Routine, TypeRef } from '../catalog/catalog.ts'
import type { TypeName } from '../policy/cast-types.ts'
import type { Exposure } from '../policy/exposure.ts'
import type { RowsBody } from '../syntax/body.ts'
import type { JsonStep } from '../syntax/field.ts'
import type { Test } from '../syntax/filter.ts'
import type { Media } from '../syntax/media.ts'
import type { Aggregate } from '../syntax/operators.ts'
import type { Preferences } from '../syntax/prefer.ts'
import type { Range } from '../syntax/range.ts'
import type { Relationship } from './relationships.ts'

/** A request whose every name is known to exist and to be exposed; nothing but SQL is left to be made of it. */
export type Plan = ReadPlan | WritePlan | CallPlan | OptionsPlan | DescribePlan

export type TotalBy =
  | { by: 'count' }
  /** Counted as far as `upTo`; where there are more rows, one more than that. */
  | { by: 'bound'; upTo: number }
  /** What the planner expects. */
  | { by: 'planner' }
  /** Counted as far as `upTo`, and beyond that what the planner expects. */
  | { by: 'estimate'; upTo: number }

export interface LegacyTarget {
  target: string
  alias: string
}

export interface PlanBase {
  method: string
  path: string
  schema: string
  /** The reply names the schema, since there are several to choose from. */
  namesSchema: boolean
  preferences: Preferences
  /** What `Preference-Applied` will say. */
  applied: Partial<Preferences>
  /** How the total beside the rows is come by; null where it is not. */
  total: TotalBy | null
  responseBytes: number
  /** Embeds that parameters named by their target though they have an alias: the reply warns of it. */
  legacyTargets: readonly LegacyTarget[]
  exposure: Exposure
}

/** Nothing but `Allow`. */
export interface OptionsPlan extends PlanBase {
  action: 'options'
  allow: string
}

/** The schema as OpenAPI: relations and functions that the key exposes, as far as the role may use them. */
export interface DescribePlan extends PlanBase {
  action: 'describe'
  /** Where the API stands on its host. */
  basePath: string
  media: Media
  head: boolean
  relations: readonly Relation[]
  routines: readonly Routine[]
}

export interface ReadPlan extends PlanBase {
  action: 'read'
  media: Media
  head: boolean
  root: ReadNode
  /** The query string of `Content-Location`. */
  canonical: string
}

export interface WritePlan extends PlanBase {
  action: 'write'
  media: Media
  target: Relation
  write: Write
  /** What the reply holds of the written rows; null where it holds none. */
  returned: ReadNode | null
  /** Columns that the statement returns from the written rows. */
  returning: readonly ReturnedColumn[]
  /** Primary key columns for `Location`; empty where it is not sent. */
  location: readonly string[]
  /** More affected rows than this roll back. */
  maxAffected: number | null
}

/** Something that a write or call hands on to what is read from it: a column, or the whole row for functions of it. */
export type ReturnedColumn = { kind: 'column'; name: string } | { kind: 'row' }

export type Write = InsertWrite | UpdateWrite | DeleteWrite

export interface InsertWrite {
  kind: 'insert'
  body: RowsBody
  columns: readonly Column[]
  /** Fill keys that a row lacks with the column's default, not with null. */
  missingDefaults: boolean
  conflict: { columns: readonly string[]; resolution: 'merge' | 'ignore' } | null
  /** PUT: only the row that the address names may be written. */
  only: readonly PlannedCondition[] | null
}

export interface UpdateWrite {
  kind: 'update'
  body: RowsBody
  columns: readonly Column[]
  missingDefaults: boolean
  conditions: readonly PlannedCondition[]
}

export interface DeleteWrite {
  kind: 'delete'
  conditions: readonly PlannedCondition[]
}

export interface CallPlan extends PlanBase {
  action: 'call'
  media: Media
  routine: Routine
  readOnly: boolean
  head: boolean
  arguments: CallArguments
  result: CallResult
  maxAffected: number | null
}

export type CallArguments =
  | { kind: 'none' }
  /** An object whose members are the named arguments, or a list whose first element is that. */
  | { kind: 'json'; json: string; isList: boolean; parameters: readonly Parameter[] }
  | { kind: 'values'; values: readonly { parameter: Parameter; values: readonly string[] }[] }
  /** The whole body is the only, unnamed argument. */
  | { kind: 'body'; text: string; type: TypeRef }

export type CallResult =
  | { kind: 'void' }
  | {
      kind: 'rows'
      node: ReadNode
      returning: readonly ReturnedColumn[]
      /** `scalar` and `scalars` are values of the node's only column, without its name. */
      shape: 'rows' | 'row' | 'scalars' | 'scalar'
    }

/** One SELECT: a relation, or what a write or call returned, and what is taken from it. */
export interface ReadNode {
  source: Source
  /** Its name in the SQL text. */
  alias: string
  relation: Relation
  outputs: readonly Output[]
  conditions: readonly PlannedCondition[]
  order: readonly PlannedOrder[]
  range: Range
  /** The most rows, whatever the range asks for; null where they are not limited. */
  maxRows: number | null
  /** Some output is an aggregate: the others are grouped by. */
  grouped: boolean
  /** Aggregates that the parent is to make of outputs. */
  hoisted: readonly Hoisted[]
  /** The most that its rows may be as text; for an embed, those of one row of its parent. */
  maxBytes: number
}

export interface AggregateCall {
  function: Aggregate
  cast: TypeName | null
}

export interface Hoisted {
  /** The output that holds the values. */
  name: string
  /** What the aggregate is to be called. */
  as: string
  aggregate: AggregateCall
}

export type Source = { kind: 'relation' } | { kind: 'written' } | { kind: 'called' }

export type Output =
  | { kind: 'all' }
  | { kind: 'value'; as: string; value: Value }
  | { kind: 'embed'; as: string; embed: Embed }
  /** The embed's outputs stand among the node's own. */
  | { kind: 'spread'; alias: string; embed: Embed; columns: readonly SpreadColumn[] }
  /** True in every row: what a hoisted `count()` counts. */
  | { kind: 'present'; as: string }

export interface SpreadColumn {
  name: string
  as: string
  aggregate: AggregateCall | null
  /** The value is JSON because of an embed in it, and not by its column. */
  isJson: boolean
}

export interface Value {
  /** Null in `count()`. */
  field: PlannedField | null
  cast: TypeName | null
  aggregate: AggregateCall | null
}

export interface PlannedField {
  base: { kind: 'column'; name: string } | { kind: 'computed'; routine: Routine }
  path: readonly JsonStep[]
  /** The base is no JSON itself and is turned into it before the path is walked. */
  toJson: boolean
  /** Of the base. */
  type: TypeRef
}

export interface Embed {
  node: ReadNode
  relationship: Relationship
  /** The SQL alias of the junction, where the relationship has one. */
  junctionAlias: string
  inner: boolean
}

export type PlannedCondition =
  | { kind: 'test'; not: boolean; field: PlannedField; test: Test }
  | { kind: 'exists'; not: boolean; embed: Embed }
  | { kind: 'logic'; operator: 'and' | 'or'; not: boolean; items: readonly PlannedCondition[] }

export interface PlannedOrder {
  /** The to-one embed whose field orders; null for a field of the node itself. */
  embed: Embed | null
  field: PlannedField
  direction: 'asc' | 'desc' | null
  nulls: 'first' | 'last' | null
}
