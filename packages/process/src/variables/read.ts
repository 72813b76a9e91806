/** Reads the variables of a part from its environment, all of them, before anything starts. */
import { readFileSync } from 'node:fs'
import { StartError } from '../start-error.ts'
import { Malformed, type ValuesOf, type Variable, type VariableTable } from './variable.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Throws one `StartError` that names each variable that is missing or makes no sense, and what to set. */
export function readVariables<Table extends VariableTable>(table: Table, env: Environment): ValuesOf<Table> {
  const values: Record<string, unknown> = {}
  const problems: string[] = []
  for (const [key, variable] of Object.entries(table)) {
    const read = readVariable(variable, env)
    if (read.kind === 'value') values[key] = read.value
    else problems.push(read.problem)
  }
  if (problems.length > 0) throw new StartError(problems.join('\n'))
  return values as ValuesOf<Table>
}

/** What a variable says, or what is wrong with it in a whole sentence. */
export function readVariable(
  variable: Variable<unknown>,
  env: Environment,
): { kind: 'value'; value: unknown } | { kind: 'problem'; problem: string } {
  try {
    return { kind: 'value', value: variable.read(textOf(variable, env)) }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    const { name, type } = variable
    return { kind: 'problem', problem: `${name} ${error.message}. Set it to ${type.wanted}.` }
  }
}

/** Whether a variable is set, by itself or by the file of a secret. */
export function isSet(variable: Variable<unknown>, env: Environment): boolean {
  return env[sourceOf(variable, env)] !== undefined && env[sourceOf(variable, env)] !== ''
}

/** The name under which the environment has the text: a secret may lie in a file that `<name>_FILE` names. */
export function sourceOf({ name, type }: Variable<unknown>, env: Environment): string {
  return type.isSecret && !env[name] && env[`${name}_FILE`] ? `${name}_FILE` : name
}

function textOf(variable: Variable<unknown>, env: Environment): string | undefined {
  const { name, type } = variable
  const source = sourceOf(variable, env)
  const text = source === name ? env[name] : readSecret(env[source] ?? '')
  return text === '' && !type.readsEmpty ? undefined : text
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    throw new Malformed(`is to be read from ${path}, which cannot be read`)
  }
}
