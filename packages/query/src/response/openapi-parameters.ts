/** Parameters of the OpenAPI description of a schema. */
import type { Parameter, Routine, TypeRef } from '../catalog/catalog.ts'
import type { Table } from './described.ts'
import { elementOf, formatOf, swaggerType } from './openapi-types.ts'

/** The parameters of requests, defined once and referred to by name. */

type Reference = { $ref: string }

export function ref(kind: 'definitions' | 'parameters', name: string): Reference {
  return { $ref: `#/${kind}/${name}` }
}

function optional(name: string, where: 'query' | 'header', description: string, more: object = {}): object {
  return { name, description, required: false, type: 'string', in: where, ...more }
}

const prefer = (values: readonly string[]) =>
  optional('Prefer', 'header', 'Preference', values.length === 0 ? {} : { enum: values })

const RETURN = ['return=representation', 'return=minimal', 'return=none']
const RESOLUTION = ['resolution=ignore-duplicates', 'resolution=merge-duplicates']

const COMMON = {
  preferParams: prefer([]),
  preferReturn: prefer(RETURN),
  preferCount: prefer(['count=none']),
  preferPost: prefer([...RETURN, ...RESOLUTION]),
  select: optional('select', 'query', 'Filtering Columns'),
  on_conflict: optional('on_conflict', 'query', 'On Conflict'),
  order: optional('order', 'query', 'Ordering'),
  range: optional('Range', 'header', 'Limiting and Pagination'),
  rangeUnit: optional('Range-Unit', 'header', 'Limiting and Pagination', { default: 'items' }),
  offset: optional('offset', 'query', 'Limiting and Pagination'),
  limit: optional('limit', 'query', 'Limiting and Pagination'),
}

/** Everything that `ref('parameters', …)` may name. */
export function* parameterDefinitions(tables: readonly Table[]): Iterable<[string, object]> {
  yield* Object.entries(COMMON)
  for (const table of tables) yield* ofTable(table)
}

function ofTable({ relation: { name }, columns }: Table): [string, object][] {
  return [
    [
      `body.${name}`,
      { name, description: name, required: false, in: 'body', schema: ref('definitions', name) },
    ],
    ...columns.map(([column, , , comment]): [string, object] => [
      `rowFilter.${name}.${column}`,
      {
        name: column,
        ...(comment === null ? {} : { description: comment }),
        required: false,
        type: 'string',
        in: 'query',
      },
    ]),
  ]
}

export function tableParameters({ relation: { name }, columns }: Table): Record<string, Reference[]> {
  const filters = columns.map(([column]) => `rowFilter.${name}.${column}`)
  const refs = (names: readonly string[]) => names.map((parameter) => ref('parameters', parameter))
  return {
    get: refs([...filters, 'select', 'order', 'range', 'rangeUnit', 'offset', 'limit', 'preferCount']),
    post: refs([`body.${name}`, 'select', 'preferPost']),
    patch: refs([...filters, `body.${name}`, 'preferReturn']),
    delete: refs([...filters, 'preferReturn']),
  }
}

export function procedureParameters(
  { parameters }: Routine,
  schema: object,
  shows: (type: TypeRef) => boolean,
): { get: object[]; post: object[] } {
  return {
    get: parameters.map((parameter) => queryParameter(parameter, shows)),
    post: [{ name: 'args', required: true, in: 'body', schema }, ref('parameters', 'preferParams')],
  }
}

function queryParameter(
  { name, type, required, variadic }: Parameter,
  shows: (type: TypeRef) => boolean,
): object {
  const { display } = type
  if (!shows(type)) return { name, required, in: 'query', type: 'string' }
  if (!variadic) {
    // An array is written as `{1,2}` here, and every other open type as text.
    const swagger = swaggerType(display)
    const shown = swagger === null || swagger === 'array' ? 'string' : swagger
    return { name, required, in: 'query', type: shown, format: formatOf(display) }
  }
  const item = swaggerType(elementOf(display))
  return {
    name,
    required,
    in: 'query',
    type: 'array',
    collectionFormat: 'multi',
    items: { ...(item === null ? {} : { type: item }), format: formatOf(elementOf(display)) },
  }
}
