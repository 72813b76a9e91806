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

const FORMATS: Readonly<Record<string, string>> = { smallint: 'int32', integer: 'int32', bigint: 'int64' }

/** OpenAPI's own format where it has one, else the type's name. */
export function formatOf(type: string): string {
  return FORMATS[type] ?? type
}

/** What the items of an array are. */
export function itemsOf(type: string): object {
  const item = swaggerType(elementOf(type))
  return item === null ? {} : { type: item }
}

export function elementOf(type: string): string {
  return type.slice(0, -'[]'.length)
}

/** A literal as Postgres prints it, with or without the cast to its type: `'a''b'::text`, `-1`, `true`. */
const TEXT_LITERAL = /^'((?:[^']|'')*)'(?:::[\w ."]+(?:\(\d+(?:,\d+)?\))?)?$/
const BARE_LITERAL = /^\(?(-?\d+(?:\.\d+)?|true|false)\)?$/

/** A default that is a plain value, or `undefined`: an expression may name what is not exposed. */
export function defaultOf(type: string, expression: string | null): string | number | boolean | undefined {
  const text = TEXT_LITERAL.exec(expression ?? '')?.[1]?.replaceAll("''", "'")
  const bare = BARE_LITERAL.exec(expression ?? '')?.[1]
  switch (swaggerType(type)) {
    case 'string':
      return text
    case 'integer':
    case 'number': {
      const number = Number(bare ?? text ?? Number.NaN)
      return Number.isFinite(number) ? number : undefined
    }
    case 'boolean':
      return bare === 'true' || bare === 'false' ? bare === 'true' : undefined
    default:
      return undefined
  }
}
