/** Refuses what the engine cannot do. */
import type { Capability } from '@db9/engine'
import { ApiError } from './errors.ts'

/** 422 with the reason where the engine cannot do it. */
export function requireCapability(capability: Capability): void {
  if (!capability.available) throw new ApiError('unprocessable', capability.reason)
}
