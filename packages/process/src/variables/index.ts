/** The variables of a part: its table, from which they are read, described and documented. */
export { describeVariables, toMarkdown } from './describe.ts'
export { type Environment, readVariables } from './read.ts'
export { INTERNAL_SECRET, PG_TLS } from './rows.ts'
export * from './types.ts'
export {
  Malformed,
  optional,
  required,
  type ValuesOf,
  type Variable,
  type VariableTable,
  type VariableType,
  withDefault,
} from './variable.ts'
