/** The local stack for other programs: tests, bench, examples. */

export { watchLaunchers } from '@db9/process/launchers'
export { StartError } from '@db9/process/start-error'
export type { LocalOptions } from './config.ts'
export { type LocalStack, startLocal } from './start.ts'
