/** The gateway in workerd, for the programs that compose it. */
export { untilHealthy } from './health.ts'
export { startGateway } from './start.ts'
export { endOrphanedWorkerd } from './workerd.ts'
