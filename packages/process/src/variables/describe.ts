/** The variables of a part in words: for the tables of the docs, and for `doctor`. */
import { type Environment, isSet, readVariable, sourceOf } from './read.ts'
import type { Variable, VariableTable } from './variable.ts'

/** A table in Markdown, one row for each variable. */
export function toMarkdown(table: VariableTable): string {
  const rows = Object.values(table).map(({ name, type, fallback, meaning }) => {
    return `| \`${name}\` | ${type.label} | ${fallback ?? '**to be set**'} | ${meaning} |`
  })
  return ['| variable | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

/** What holds of a configuration, a line for each variable and for those that nothing reads, and what is wrong with it. */
export interface Description {
  lines: string[]
  problems: string[]
}

/** Shows values as they were set, but for secrets. */
export function describeVariables(table: VariableTable, env: Environment): Description {
  const variables = Object.values(table)
  const width = Math.max(...variables.map(({ name }) => name.length))
  const lines = variables.map((variable) => `  ${variable.name.padEnd(width)}  ${stateOf(variable, env)}`)
  const problems = variables.flatMap((variable) => {
    const read = readVariable(variable, env)
    return read.kind === 'problem' ? [read.problem] : []
  })
  return { lines: [...lines, ...unknownIn(table, env)], problems }
}

function stateOf(variable: Variable<unknown>, env: Environment): string {
  const { name, type, fallback } = variable
  if (!isSet(variable, env)) return fallback === null ? 'is missing' : `${plain(fallback)} (not set)`
  const source = sourceOf(variable, env)
  if (source !== name) return `set, from ${env[source]}`
  return type.isSecret ? 'set' : String(env[name])
}

/** A fallback in Markdown, as a terminal shows it. */
function plain(text: string): string {
  return text.replaceAll('`', '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
}

/** Those of our prefix that no row reads: mostly slips of the pen. Tests have variables of their own. */
function unknownIn(table: VariableTable, env: Environment): string[] {
  const known = new Set(
    Object.values(table).flatMap(({ name, type }) => (type.isSecret ? [name, `${name}_FILE`] : [name])),
  )
  return Object.keys(env)
    .filter((name) => /^DB9_/.test(name) && !/^DB9_(TEST|EXAMPLE)_/.test(name) && !known.has(name))
    .sort()
    .map((name) => `  ${name} is set, but nothing reads it here: look for a slip in its name`)
}
