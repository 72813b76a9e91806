/** Types of Postgres, as `format_type` prints them, in the words of OpenAPI 2.0. */

const TYPES: Readonly<Record<string, string | null>> = {
  'character varying': 'string',
  character: 'string',
  text: 'string',
  boolean: 'boolean',
  smallint: 'integer',
  integer: 'integer',
  bigint: 'integer',
  numeric: 'number',
  real: 'number',
  'double precision': 'number',
  // A JSON value may be anything.
  json: null,
  jsonb: null,
}

export function isArray(type: string): boolean {
  return type.endsWith('[]')
}

/** Null where the type is open. */
export function swaggerType(type: string): string | null {
  if (Object.hasOwn(TYPES, type)) return TYPES[type] ?? null
  return isArray(type) ? 'array' : 'string'
}

/** What the items of an array are. */
export function itemsOf(type: string): object {
  const item = swaggerType(elementOf(type))
  return item === null ? {} : { type: item }
}

export function elementOf(type: string): string {
  return type.slice(0, -'[]'.length)
}

/** A default that is a plain value, or `undefined`: an expression is one only where the value is a text. */
export function defaultOf(type: string, expression: string | null): unknown {
  if (expression === null) return undefined
  if (swaggerType(type) !== 'string') return parseJson(expression)
  const cast = `::${type}`
  const text = expression.endsWith(cast)
    ? expression.slice(0, -cast.length).replaceAll(/^'+|'+$/g, '')
    : expression
  return parseJson(`"${text}"`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
