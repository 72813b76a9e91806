/** What other parts see of the control API. */
export {
  type ControlApiConfig,
  type ControlApiDeps,
  DEFAULT_RETENTION,
  type RegistrationLimits,
  type Retention,
  type SqlLimits,
} from './config.ts'
export { type ControlApi, createControlApi } from './create.ts'
export { jobPoints, undoPoints } from './job-definitions.ts'
export type { JobPoint } from './jobs/definition.ts'
export { dataProxyCalls } from './parts/data-proxy.ts'
export { invalidationPush } from './parts/gateway.ts'
