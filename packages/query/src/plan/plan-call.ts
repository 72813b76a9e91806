import { errors } from '../errors.ts'
import type { CallRequest } from '../syntax/request.ts'
import type { CallPlan, PlanBase } from './plan.ts'
import type { PlanContext } from './plan-node.ts'

export function planCall(_context: PlanContext, _request: CallRequest, _base: PlanBase): CallPlan {
  throw errors.notImplemented('Functions are not implemented.')
}
