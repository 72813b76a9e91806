/** Plans a call of a function. */
import type { Relation, Routine } from '../catalog/catalog.ts'
import { errors } from '../errors.ts'
import { type HandledMedia, negotiate } from '../syntax/media.ts'
import { intersectRanges } from '../syntax/range.ts'
import type { CallRequest } from '../syntax/request.ts'
import type { PlanContext } from './context.ts'
import { type Call, findRoutine } from './find-routine.ts'
import { rowHandlers, valueHandlers } from './media-handlers.ts'
import type { CallArguments, CallPlan, CallResult, PlanBase } from './plan.ts'
import { planNode } from './plan-node.ts'
import { neededColumns, returnedColumns } from './returning.ts'
import { ownRange, rootScope } from './scope.ts'

export function planCall(context: PlanContext, request: CallRequest, base: PlanBase): CallPlan {
  const { preferences } = request
  const call = toCall(request)
  const routine = findRoutine(context.exposure, context.schema, call)
  const result = planResult(context, request, routine)
  const isValue = result.kind === 'void' || result.shape === 'scalar'
  const valueType = isValue ? routine.returnType.name : null
  const isStrict = preferences.handling === 'strict' && preferences.maxAffected !== null
  if (isStrict && !routine.returnsSet) throw errors.maxAffectedRpc()
  return {
    ...base,
    action: 'call',
    routine,
    readOnly: request.via !== 'POST' || routine.volatility !== 'volatile',
    head: request.via === 'HEAD',
    arguments: planArguments(routine, request, call),
    media: negotiate(request.accept, {
      valueType,
      plans: context.settings.plan_enabled,
      handled: handlersOf(context, routine, result),
    }),
    result,
    maxAffected: isStrict ? preferences.maxAffected : null,
    applied: { ...base.applied, maxAffected: preferences.maxAffected },
  }
}

function handlersOf({ exposure }: PlanContext, routine: Routine, result: CallResult): HandledMedia[] {
  if (result.kind === 'void') return []
  const isScalar = result.shape === 'scalar' || result.shape === 'scalars'
  return isScalar ? valueHandlers(routine) : rowHandlers(exposure, result.node)
}

function toCall(request: CallRequest): Call {
  const name = request.function
  if (request.via !== 'POST') {
    return {
      name,
      argumentNames: names(request.query.arguments),
      isPost: false,
      mediaType: 'application/json',
    }
  }
  const { body } = request
  switch (body.kind) {
    case 'json':
      return {
        name,
        argumentNames: request.query.columns ?? body.keys,
        isPost: true,
        mediaType: body.mediaType,
      }
    case 'form':
      return { name, argumentNames: names(body.arguments), isPost: true, mediaType: 'form' }
    case 'raw':
      return { name, argumentNames: [], isPost: true, mediaType: body.mediaType }
  }
}

function names(pairs: readonly [string, string][]): string[] {
  return [...new Set(pairs.map(([name]) => name))]
}

function planArguments(routine: Routine, request: CallRequest, call: Call): CallArguments {
  if (request.via !== 'POST') return toValues(routine, request.query.arguments)
  const { body } = request
  const [first] = routine.parameters
  if (body.kind === 'form') return toValues(routine, body.arguments)
  if (first?.name === '' && routine.parameters.length === 1) {
    return { kind: 'body', text: body.kind === 'raw' ? body.text : body.json, type: first.type }
  }
  const parameters = routine.parameters.filter(({ name }) => call.argumentNames.includes(name))
  if (parameters.length === 0 || body.kind === 'raw') return { kind: 'none' }
  return { kind: 'json', json: body.json, isList: body.isList, parameters }
}

/** Of a name that is given twice the last counts, unless it is variadic: then all do. */
function toValues(routine: Routine, pairs: readonly [string, string][]): CallArguments {
  const values = routine.parameters.flatMap((parameter) => {
    const given = pairs.filter(([name]) => name === parameter.name).map(([, value]) => value)
    return given.length === 0 ? [] : [{ parameter, values: given }]
  })
  return values.length === 0 ? { kind: 'none' } : { kind: 'values', values }
}

function planResult(context: PlanContext, request: CallRequest, routine: Routine): CallResult {
  if (routine.returnType.name === 'void' && routine.returnType.schema === 'pg_catalog')
    return { kind: 'void' }
  const isScalar = resultKind(routine) === 'scalar'
  const relation = resultRelation(context, routine)
  const scope = rootScope(request.query)
  const node = planNode(context, {
    source: { kind: 'called' },
    relation,
    items: isScalar ? [{ kind: 'all' }] : request.query.select,
    scope,
    range: intersectRanges(request.range, ownRange(scope)),
  })
  const { returnsSet } = routine
  return {
    kind: 'rows',
    node,
    returning: relation.columns.size === 0 ? returnedColumns([]) : neededColumns(node),
    shape: isScalar ? (returnsSet ? 'scalars' : 'scalar') : returnsSet ? 'rows' : 'row',
  }
}

/** OUT and TABLE columns make a row even of one of them. */
function resultKind({ returnType, outputs }: Routine): 'row' | 'scalar' {
  return returnType.base.kind === 'composite' || outputs.length > 0 ? 'row' : 'scalar'
}

/** The relation whose rows are returned, or one made up of the columns that the function declares. */
function resultRelation(context: PlanContext, routine: Routine): Relation {
  const { returnType, outputs } = routine
  const { exposure } = context
  const rows = exposure.rowsOf(routine)
  if (rows !== null) exposure.assertSafe(rows)
  const relation = exposure.catalog.relations.get(returnType.relationOid)
  if (returnType.base.kind === 'composite' && relation !== undefined) return relation
  const columns = outputs.length > 0 || returnType.base.kind === 'composite' ? outputs : [SCALAR(routine)]
  return {
    oid: 0,
    schema: routine.schema,
    name: routine.name,
    kind: 'composite type',
    rowSecurity: false,
    forceRowSecurity: false,
    owner: '',
    securityInvoker: false,
    isChild: false,
    ofExtension: false,
    canInsert: false,
    canUpdate: false,
    canDelete: false,
    columns: new Map(
      columns.map(({ name, type }) => [
        name,
        { name, type, notNull: false, default: null, opaqueDefault: false, generated: false },
      ]),
    ),
    primaryKey: [],
    uniqueKeys: [],
    sources: [],
    definers: [],
  }
}

/** Postgres names the column of a scalar function after the function. */
const SCALAR = ({ name, returnType }: Routine) => ({ name, type: returnType })
