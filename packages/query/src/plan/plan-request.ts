import type { Catalog } from '../catalog/catalog.ts'
import type { Policy, Settings } from '../contract.ts'
import { assertPreRequest, exposureOf } from '../policy/exposure.ts'
import { negotiate } from '../syntax/media.ts'
import { intersectRanges } from '../syntax/range.ts'
import type { ReadRequest, RestRequest } from '../syntax/request.ts'
import type { Plan, PlanBase, ReadPlan } from './plan.ts'
import { planCall } from './plan-call.ts'
import { PlanContext, planNode } from './plan-node.ts'
import { planWrite } from './plan-write.ts'
import { ownRange, rootScope } from './scope.ts'

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
  const isWrite = request.action !== 'read' && request.action !== 'call'
  const context = new PlanContext({
    exposure,
    settings,
    schema,
    maxRows: isWrite ? null : settings.max_rows,
  })
  const { preferences } = request
  const base: PlanBase = {
    method: request.method,
    path: request.path,
    schema,
    namesSchema: exposure.hasProfiles,
    media: negotiate(request.accept, request.action === 'call'),
    preferences,
    applied: {
      count: preferences.count,
      tx: preferences.tx,
      handling: preferences.handling,
      timezone: preferences.timezone,
    },
    countTotal: preferences.count !== null,
    responseBytes: settings.caps.response_bytes,
    exposure,
  }
  switch (request.action) {
    case 'read':
      return planRead(context, request, base)
    case 'call':
      return planCall(context, request, base)
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
  return { ...base, action: 'read', head: request.head, root, canonical: request.query.canonical }
}
