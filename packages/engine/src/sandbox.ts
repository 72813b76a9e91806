/** The sandbox of processes, for other processes than Postgres that run an owner's code. */
export type { UidRange } from './embedded/cluster/users.ts'
export { type IsolationSetting, probeIsolation } from './embedded/sandbox/probe.ts'
export { type Isolation, NOTHING_SHOWN, toLaunch } from './embedded/sandbox/sandbox.ts'
