/** Finds the function that a call means among its overloads. */
import { BODY_TYPES, type Routine } from '../catalog/catalog.ts'
import { errors } from '../errors.ts'
import type { Exposure } from '../policy/exposure.ts'
import { closest, NAME_SCORE, NEAR_SCORE } from '../policy/similar.ts'

/** A call as far as it decides which of several functions of one name is meant. */
export interface Call {
  name: string
  argumentNames: readonly string[]
  isPost: boolean
  mediaType: string
}

const RAW_TYPE: Readonly<Record<string, string>> = {
  'text/plain': 'text',
  'text/xml': 'xml',
  'application/octet-stream': 'bytea',
}

/**
 * The function that takes these arguments: by their names, else the one that takes the whole body.
 * Throws PGRST202 where there is none, PGRST203 where there are several, and DB9208 where the key has to name it.
 */
export function findRoutine(exposure: Exposure, schema: string, call: Call): Routine {
  const overloads = exposure.routines(schema, call.name)
  const found = matching(overloads, call)
  const [first, second] = found
  if (first === undefined) {
    const definers = exposure
      .overloads(schema, call.name)
      .filter((routine) => exposure.isRefusedDefiner(routine))
    if (matching(definers, call).length > 0) throw errors.definerFunction(`${schema}.${call.name}`)
    throw noFunction(exposure, schema, call, overloads)
  }
  if (second !== undefined) throw errors.ambiguousFunction(found.map(describe))
  return first
}

function matching(overloads: readonly Routine[], call: Call): Routine[] {
  const named = overloads.filter((routine) => takesNames(routine, call))
  return named.length > 0 ? named : overloads.filter((routine) => takesBody(routine, call))
}

function takesNames({ parameters }: Routine, { argumentNames, isPost, mediaType }: Call): boolean {
  if (parameters.length === 0) return argumentNames.length === 0 && !(isPost && mediaType in RAW_TYPE)
  return (
    parameters.every(({ name, required }) => !required || argumentNames.includes(name)) &&
    argumentNames.every((argument) => parameters.some(({ name }) => name === argument))
  )
}

function takesBody({ parameters }: Routine, { isPost, mediaType }: Call): boolean {
  const [first, second] = parameters
  if (!isPost || first === undefined || second !== undefined || first.name !== '') return false
  return BODY_TYPES[mediaType]?.includes(first.type.name) ?? false
}

function describe({ schema, name, parameters }: Routine): string {
  const list = parameters.map((parameter) => `${parameter.name} => ${parameter.type.display}`)
  return `${schema}.${name}(${list.join(', ')})`
}

function noFunction(exposure: Exposure, schema: string, call: Call, overloads: readonly Routine[]) {
  const name = `${schema}.${call.name}`
  const args = call.argumentNames.toSorted()
  const raw = call.isPost ? RAW_TYPE[call.mediaType] : undefined
  const without = args.length === 0
  const given = without
    ? ' without parameters'
    : ` with parameter${args.length > 1 ? 's' : ''} ${args.join(', ')}`
  const or =
    call.isPost && call.mediaType === 'application/json'
      ? ' or with a single unnamed json/jsonb parameter'
      : ''
  const searched = raw === undefined ? `${given}${or}` : ` with a single unnamed ${raw} parameter`
  const message = raw !== undefined ? '' : without ? ' without parameters' : `(${args.join(', ')})`
  return errors.noFunction(
    `Could not find the function ${name}${message} in the schema cache`,
    `Searched for the function ${name}${searched}, but no matches were found in the schema cache.`,
    raw === undefined ? perhaps(exposure, schema, call, overloads) : null,
  )
}

function perhaps(
  exposure: Exposure,
  schema: string,
  call: Call,
  overloads: readonly Routine[],
): string | null {
  const signature = (names: readonly string[]) => `(${names.toSorted().join(', ')})`
  const found =
    overloads.length === 0
      ? closest(call.name, exposure.routineNames(schema), NAME_SCORE)
      : closest(
          signature(call.argumentNames),
          overloads.map(({ parameters }) => signature(parameters.map(({ name }) => name))),
          NEAR_SCORE,
        )
  if (found === null) return null
  return `Perhaps you meant to call the function ${schema}.${overloads.length === 0 ? '' : call.name}${found}`
}
