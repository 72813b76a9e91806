/** Plans OPTIONS and the description of the schema. */
import type { Relation, Routine } from '../catalog/catalog.ts'
import type { Exposure } from '../policy/exposure.ts'
import { negotiateDescription } from '../syntax/media.ts'
import type { DescribeRequest, OptionsRequest } from '../syntax/request.ts'
import type { PlanContext } from './context.ts'
import { findRoutine } from './find-routine.ts'
import type { DescribePlan, OptionsPlan, PlanBase } from './plan.ts'

/** What may be done, by what the relation or function is; privileges and policies decide when it is tried. */
export function planOptions(context: PlanContext, request: OptionsRequest, base: PlanBase): OptionsPlan {
  return { ...base, action: 'options', allow: allowOf(context, request).join(',') }
}

function allowOf({ exposure, schema }: PlanContext, { target, query }: OptionsRequest): string[] {
  switch (target.kind) {
    case 'root':
      return ['OPTIONS', 'GET', 'HEAD']
    case 'relation':
      return relationMethods(exposure.relation(schema, target.name))
    case 'function':
      return routineMethods(askedRoutines(exposure, schema, target.name, query.arguments))
  }
}

/** With arguments the one that takes them; without, as OPTIONS is mostly sent, all of that name. */
function askedRoutines(
  exposure: Exposure,
  schema: string,
  name: string,
  given: readonly (readonly [string, string])[],
): readonly Routine[] {
  const overloads = exposure.routines(schema, name)
  if (given.length === 0 && overloads.length > 0) return overloads
  const argumentNames = [...new Set(given.map(([argument]) => argument))]
  return [
    findRoutine(exposure, schema, { name, argumentNames, isPost: false, mediaType: 'application/json' }),
  ]
}

function relationMethods({ canInsert, canUpdate, canDelete, primaryKey }: Relation): string[] {
  return [
    'OPTIONS',
    'GET',
    'HEAD',
    ...(canInsert ? ['POST'] : []),
    ...(canInsert && canUpdate && primaryKey.length > 0 ? ['PUT'] : []),
    ...(canUpdate ? ['PATCH'] : []),
    ...(canDelete ? ['DELETE'] : []),
  ]
}

function routineMethods(routines: readonly Routine[]): string[] {
  const areVolatile = routines.every(({ volatility }) => volatility === 'volatile')
  return areVolatile ? ['OPTIONS', 'POST'] : ['OPTIONS', 'GET', 'HEAD', 'POST']
}

export function planDescribe(context: PlanContext, request: DescribeRequest, base: PlanBase): DescribePlan {
  const { exposure, schema } = context
  return {
    ...base,
    action: 'describe',
    media: negotiateDescription(request.accept),
    basePath: request.basePath,
    head: request.head,
    relations: exposure.relationsOf(schema),
    routines: exposure.routinesOf(schema),
  }
}
