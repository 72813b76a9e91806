/** The local stack for other programs: tests, bench, examples. */

export { StartError } from '@db9/process/start-error'
export { watchLaunchers } from './ancestors.ts'
export type { LocalOptions } from './config.ts'
export { type LocalStack, startLocal } from './start.ts'
