/** The local stack for other programs: tests, bench, examples. */
export { watchLaunchers } from './ancestors.ts'
export type { LocalOptions } from './config.ts'
export { StartError } from './errors.ts'
export { type LocalStack, startLocal } from './start.ts'
