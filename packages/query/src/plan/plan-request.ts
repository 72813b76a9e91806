/** Plans a request of any kind: where planning begins. */
import type { Catalog } from '../catalog/catalog.ts'
import type { Policy, Settings } from '../contract.ts'
import { assertPreRequest, exposureOf } from '../policy/exposure.ts'
import { negotiate } from '../syntax/media.ts'
import { intersectRanges } from '../syntax/range.ts'
import type { ReadRequest, RestRequest } from '../syntax/request.ts'
import { PlanContext } from './context.ts'
import { rowHandlers } from './media-handlers.ts'
import type { Plan, PlanBase, ReadPlan } from './plan.ts'
import { planCall } from './plan-call.ts'
import { planNode } from './plan-node.ts'
import { planDescribe, planOptions } from './plan-schema.ts'
import { planWrite } from './plan-write.ts'
import { ownRange, rootScope } from './scope.ts'
import { totalOfEffect, totalOfRead } from './totals.ts'

/**
 * Holds a request against what exists and what its key exposes: every relation and function that it touches is looked
 * up through the exposure, so what is not listed is absent and what is not safe is refused.
 * Throws nothing but `QueryError`.
 */
export function planRequest(
  request: RestRequest,
  catalog: Catalog,
  policy: Policy,
  settings: Settings,
): Plan {
  const exposure = exposureOf(catalog, policy)
  assertPreRequest(catalog, settings.pre_request)
  const schema = exposure.schema(request.profile)
  const isRead = request.action === 'read'
  const context = new PlanContext({
    exposure,
    settings,
    schema,
    maxRows: isRead || request.action === 'call' ? settings.max_rows : null,
    select: request.query.select,
  })
  const { preferences } = request
  const base: PlanBase = {
    method: request.method,
    path: request.path,
    schema,
    namesSchema: exposure.hasProfiles,
    preferences,
    applied: {
      count: preferences.count,
      tx: preferences.tx,
      handling: preferences.handling,
      timezone: preferences.timezone,
    },
    total: totalOfEffect(preferences),
    responseBytes: settings.caps.response_bytes,
    legacyTargets: context.legacyTargets,
    exposure,
  }
  switch (request.action) {
    case 'read':
      return planRead(context, request, base)
    case 'call':
      return planCall(context, request, base)
    case 'options':
      return planOptions(context, request, base)
    case 'describe':
      return planDescribe(context, request, base)
    default:
      return planWrite(context, request, base)
  }
}

function planRead(context: PlanContext, request: ReadRequest, base: PlanBase): ReadPlan {
  const relation = context.exposure.relation(context.schema, request.relation)
  const scope = rootScope(request.query)
  const root = planNode(context, {
    source: { kind: 'relation' },
    relation,
    items: request.query.select,
    scope,
    range: intersectRanges(request.range, ownRange(scope)),
  })
  const media = negotiate(request.accept, {
    valueType: null,
    plans: context.settings.plan_enabled,
    handled: rowHandlers(context.exposure, root),
  })
  return {
    ...base,
    action: 'read',
    total: totalOfRead(request.preferences, context.settings, root),
    media,
    head: request.head,
    root,
    canonical: request.query.canonical,
  }
}
