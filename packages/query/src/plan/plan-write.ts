/** Plans inserts, updates and deletes. */
import type { Column, Relation } from '../catalog/catalog.ts'
import { errors } from '../errors.ts'
import { negotiate } from '../syntax/media.ts'
import type { Located } from '../syntax/query.ts'
import { ALL_ROWS, type Range } from '../syntax/range.ts'
import type { InsertRequest, PutRequest, WriteRequest } from '../syntax/request.ts'
import type { SelectItem } from '../syntax/select.ts'
import type { PlanContext } from './context.ts'
import { rowHandlers } from './media-handlers.ts'
import type { InsertWrite, PlanBase, ReadNode, Write, WritePlan } from './plan.ts'
import { planConditions, planNode } from './plan-node.ts'
import { neededColumns, returnedColumns } from './returning.ts'
import { own, rootScope, type Scope } from './scope.ts'

export function planWrite(context: PlanContext, request: WriteRequest, base: PlanBase): WritePlan {
  const target = context.exposure.relation(context.schema, request.relation)
  const write = planRows(context, request, target)
  const { preferences } = request
  const read = planUnderReturn(context, request, target)
  const returned = preferences.return === 'representation' ? read : null
  const location =
    write.kind === 'insert' && request.action === 'insert' && preferences.return === 'headers-only'
      ? target.primaryKey
      : []
  const resolution = write.kind === 'insert' && write.conflict !== null ? preferences.resolution : null
  return {
    ...base,
    action: 'write',
    media: negotiate(request.accept, {
      valueType: null,
      plans: context.settings.plan_enabled,
      // Where nothing is returned, no select keeps a handler from it.
      handled: rowHandlers(context.exposure, returned ?? { relation: target, outputs: [{ kind: 'all' }] }),
    }),
    target,
    write,
    returned,
    returning: returned === null ? returnedColumns(location) : neededColumns(returned),
    location,
    maxAffected:
      preferences.handling === 'strict' && write.kind !== 'insert' ? preferences.maxAffected : null,
    applied: {
      ...base.applied,
      return: preferences.return,
      resolution: request.action === 'insert' ? resolution : null,
      missing: request.action === 'insert' || request.action === 'update' ? preferences.missing : null,
      maxAffected: write.kind === 'insert' ? null : preferences.maxAffected,
    },
  }
}

function planRows(context: PlanContext, request: WriteRequest, target: Relation): Write {
  switch (request.action) {
    case 'insert':
      return planInsert(request, target)
    case 'put':
      return planPut(context, request, target)
    case 'update':
      return {
        kind: 'update',
        body: request.body,
        columns: bodyColumns(target, request.body.keys),
        missingDefaults: fillsDefaults(request, target),
        conditions: planConditions(context, target, rootOnly(request)),
      }
    case 'delete':
      return { kind: 'delete', conditions: planConditions(context, target, rootOnly(request)) }
  }
}

/** Filters, and nothing of embedded resources: those shape what is returned, not what is written. */
function rootOnly(request: WriteRequest): Scope {
  const { filters, logic } = rootScope(request.query)
  const isOwn = ({ path }: { path: readonly string[] }) => path.length === 0
  return { filters: filters.filter(isOwn), logic: logic.filter(isOwn), orders: [], ranges: [] }
}

function planInsert(request: InsertRequest, target: Relation): InsertWrite {
  const { preferences, query, body } = request
  for (const name of query.onConflict ?? []) {
    if (!target.columns.has(name)) throw errors.undefinedConflictColumn(name)
  }
  const conflictColumns = query.onConflict ?? target.primaryKey
  const resolves = preferences.resolution !== null && conflictColumns.length > 0
  return {
    kind: 'insert',
    body,
    columns: bodyColumns(target, body.keys),
    missingDefaults: fillsDefaults(request, target),
    conflict: resolves
      ? {
          columns: conflictColumns,
          resolution: preferences.resolution === 'merge-duplicates' ? 'merge' : 'ignore',
        }
      : null,
    only: null,
  }
}

/**
 * Whether what a row lacks becomes the column's default. Only named columns can be lacking: without `columns` all rows
 * have the same keys.
 */
function fillsDefaults({ preferences, query }: WriteRequest, target: Relation): boolean {
  if (preferences.missing !== 'default') return false
  const opaque = (query.columns ?? []).find((name) => target.columns.get(name)?.opaqueDefault)
  if (opaque !== undefined) throw errors.opaqueDefault(opaque)
  return true
}

/** PUT writes exactly the row that its filters name by the whole primary key. */
function planPut(context: PlanContext, request: PutRequest, target: Relation): InsertWrite {
  const { query, body } = request
  if (query.ranges.some(({ path }) => path.length === 0)) throw errors.putLimit()
  const filters = own(query.filters)
  const named = new Set(filters.map(({ field }) => field.name))
  const isPrimaryKey =
    target.primaryKey.length > 0 &&
    named.size === target.primaryKey.length &&
    target.primaryKey.every((column) => named.has(column))
  const isEqual = filters.every(
    ({ not, field, test }) =>
      !not && field.path.length === 0 && test.kind === 'compare' && test.operator === 'eq',
  )
  if (!isPrimaryKey || !isEqual || own(query.logic).length > 0) throw errors.putFilters()
  return {
    kind: 'insert',
    body,
    columns: bodyColumns(target, body.keys),
    missingDefaults: false,
    conflict: { columns: target.primaryKey, resolution: 'merge' },
    only: planConditions(context, target, rootOnly(request)),
  }
}

function bodyColumns(target: Relation, keys: readonly string[]): Column[] {
  return keys.map((key) => {
    const column = target.columns.get(key)
    if (column === undefined) throw errors.noColumn(target.name, key)
    return column
  })
}

/**
 * What `select` makes of the written rows. It has to make sense even where nothing of it is returned: all of it under
 * `return=headers-only`, whose RETURNING names the columns, and its embeds and aggregates under `return=minimal`.
 */
function planUnderReturn(context: PlanContext, request: WriteRequest, relation: Relation): ReadNode {
  const { orders, ranges, filters, logic } = rootScope(request.query)
  const { return: preferred } = request.preferences
  const isNamed = preferred === 'representation' || preferred === 'headers-only'
  const scope: Scope = isNamed
    ? { orders, ranges, filters: filters.filter(isBelow), logic: logic.filter(isBelow) }
    : { orders: [], ranges: pathsOf([...orders, ...ranges, ...filters, ...logic]), filters: [], logic: [] }
  return planNode(context, {
    source: { kind: 'written' },
    relation,
    items: isNamed ? request.query.select : withoutColumns(request.query.select),
    scope,
    skipConditions: true,
  })
}

function isBelow({ path }: Located<unknown>): boolean {
  return path.length > 0
}

/** Only where parameters belong: to resources that are embedded, or to none. */
function pathsOf(parameters: readonly Located<unknown>[]): Located<Range>[] {
  return parameters.map(({ path }) => ({ path, value: ALL_ROWS }))
}

function withoutColumns(items: readonly SelectItem[]): SelectItem[] {
  return items.flatMap((item): SelectItem[] => {
    if (item.kind === 'embed') return [{ ...item, items: withoutColumns(item.items) }]
    return item.kind === 'field' && item.aggregate !== null ? [{ ...item, field: null }] : []
  })
}
