import fc from 'fast-check'
import type { Catalog } from '../catalog/catalog.ts'
import type { TestRequest } from './requests.ts'

/** What random requests may name. */
export interface Names {
  relations: readonly string[]
  columns: readonly string[]
  routines: readonly string[]
}

/** The names of a schema, so that many requests find something. */
export function namesOf(catalog: Catalog, schema: string): Names {
  const relations = [...catalog.relations.values()].filter(
    (relation) => relation.schema === schema && relation.kind !== 'composite type' && !relation.isChild,
  )
  return {
    relations: relations.map(({ name }) => name),
    columns: [...new Set(relations.flatMap(({ columns }) => [...columns.keys()]))],
    routines: [...catalog.routines.values()]
      .flat()
      .filter((routine) => routine.schema === schema)
      .map(({ name }) => name),
  }
}

const OPERATORS = [
  'eq',
  'neq',
  'gt',
  'lte',
  'like',
  'ilike',
  'imatch',
  'cs',
  'cd',
  'ov',
  'sl',
  'adj',
  'isdistinct',
  'fts',
  'plfts(english)',
  'eq(any)',
  'like(all)',
]
const LITERALS = ['1', '{1,2}', '{}', '[1,2)', 'true', '2026-01-01', '', '(1)', '*', '{"a":1}', 'null']

/** Requests of every kind that are often well-formed, with `marker` wherever a caller may put a word of their own. */
export function requestOf(names: Names, marker: string): fc.Arbitrary<TestRequest> {
  const quoted = (name: string) =>
    /^[a-z_][\w$]*$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`
  const oneOf = (list: readonly string[]) => fc.constantFrom(...(list.length === 0 ? ['nothing'] : list))
  const column = oneOf(names.columns).map(quoted)
  const relation = oneOf(names.relations)
  const field = fc.oneof(
    { weight: 4, arbitrary: column },
    column.map((name) => `${name}->${marker}->>0`),
  )
  const literal = fc.oneof(fc.constantFrom(...LITERALS), fc.constant(marker))
  const operation = fc.oneof(
    fc.tuple(fc.constantFrom(...OPERATORS), literal).map((pair) => pair.join('.')),
    fc.constantFrom('is.null', 'is.true', 'is.not_null', 'in.(1,2)', `in.(${marker},"b,${marker}")`, 'in.()'),
  )
  const not = fc.constantFrom('', 'not.')
  const filter = fc.tuple(field, not, operation).map(([name, negated, rest]) => `${name}=${negated}${rest}`)
  const tree = fc
    .array(fc.tuple(field, not, operation), { minLength: 1, maxLength: 3 })
    .map((items) => `or=(${items.map(([name, negated, rest]) => `${name}.${negated}${rest}`).join(',')})`)
  const item = fc.oneof(
    { weight: 3, arbitrary: field },
    column.map((name) => `${marker}:${name}`),
    column.map((name) => `${name}::text`),
    fc.constantFrom('*', 'count()', `${marker}:count()`),
    relation.map((name) => `${quoted(name)}(*)`),
    relation.map((name) => `...${quoted(name)}(*)`),
    fc.tuple(relation, column).map(([name, inner]) => `${marker}:${quoted(name)}!inner(${inner})`),
    relation.map((name) => `${quoted(name)}()`),
  )
  const parameter = fc.oneof(
    filter,
    tree,
    fc.array(item, { minLength: 1, maxLength: 4 }).map((items) => `select=${items.join(',')}`),
    fc.tuple(field, fc.constantFrom('', '.desc', '.asc.nullsfirst')).map((pair) => `order=${pair.join('')}`),
    fc.constantFrom('limit=1', 'offset=2', 'limit=0', 'limit=-1', `columns=${marker}`),
    relation.map((name) => `${quoted(name)}.limit=1`),
    relation.map((name) => `${quoted(name)}=is.null`),
    column.map((name) => `on_conflict=${name}`),
  )
  const path = fc.oneof(
    { weight: 4, arbitrary: relation.map(encodeURIComponent) },
    oneOf(names.routines).map((name) => `rpc/${encodeURIComponent(name)}`),
  )
  const row = fc.dictionary(oneOf(names.columns), fc.oneof(literal, fc.integer(), fc.constant(null)), {
    maxKeys: 3,
  })
  const body = fc
    .oneof(row, fc.array(row, { maxLength: 3 }), fc.constantFrom(5, null, 'x'))
    .map((value) => JSON.stringify(value))
  const prefer = fc.constantFrom(
    '',
    'return=representation',
    'count=exact',
    'count=planned',
    'count=estimated,return=headers-only',
    'missing=default,return=representation',
    'resolution=merge-duplicates,return=representation',
    'handling=strict,max-affected=1',
  )
  const accept = fc.constantFrom(
    '*/*',
    'text/csv',
    'application/vnd.pgrst.object+json',
    'application/vnd.pgrst.array+json;nulls=stripped',
    'application/vnd.pgrst.plan+json',
  )
  return fc
    .record({
      method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'),
      path,
      parameters: fc.array(parameter, { maxLength: 5 }),
      body,
      prefer,
      accept,
    })
    .map(({ method, path: target, parameters, body: text, prefer: preference, accept: media }) => ({
      method,
      url: `${target}?${parameters.map(encodeParameter).join('&')}`,
      headers: { prefer: preference, accept: media },
      settings: { plan_enabled: true },
      ...(method === 'POST' || method === 'PATCH' || method === 'PUT' ? { body: text } : {}),
    }))
}

function encodeParameter(text: string): string {
  const equals = text.indexOf('=')
  return `${encodeURIComponent(text.slice(0, equals))}=${encodeURIComponent(text.slice(equals + 1))}`
}

const TYPES = [
  'int',
  'bigint',
  'text',
  'varchar(20)',
  'boolean',
  'jsonb',
  'json',
  'text[]',
  'int[]',
  'numeric(8,2)',
  'date',
  'timestamptz',
  'uuid',
  'int4range',
  'tsvector',
  'bytea',
  'interval',
  'point',
  'inet',
]
const ODD_NAMES = [
  'a',
  'b',
  'order',
  'select',
  'limit',
  'not',
  'or',
  'Mixed Case',
  'dot.ted',
  'quo"te',
  'comma,d',
  'ünï',
  'r0',
  'w',
  'db9 row',
  'count',
  't',
  'e',
  'arrow->x',
]

/** A schema of a few tables with odd names and columns of all types, that refer to each other, views and functions. */
export function schemaOf(schema: string): fc.Arbitrary<string> {
  const name = fc.constantFrom(...ODD_NAMES)
  const table = fc.record({
    columns: fc.uniqueArray(fc.tuple(name, fc.constantFrom(...TYPES)), {
      selector: ([column]) => column,
      minLength: 1,
      maxLength: 6,
    }),
    refersTo: fc.array(fc.nat(), { maxLength: 2 }),
    hasView: fc.boolean(),
    hasComputed: fc.boolean(),
  })
  const names = fc.uniqueArray(name, { minLength: 4, maxLength: 4 })
  return fc.tuple(names, fc.array(table, { minLength: 4, maxLength: 4 })).map(([tableNames, tables]) => {
    const ident = (text: string) => `"${text.replaceAll('"', '""')}"`
    const full = (text: string) => `${ident(schema)}.${ident(text)}`
    const statements = [`create schema ${ident(schema)}; grant usage on schema ${ident(schema)} to anon;`]
    tables.forEach(({ columns, refersTo, hasView, hasComputed }, i) => {
      const own = full(tableNames[i] ?? '')
      const keys = refersTo.map(
        (other, k) => `ref${k} int references ${full(tableNames[other % (i + 1)] ?? '')}`,
      )
      const list = [
        'id int generated by default as identity primary key',
        ...columns.map(([column, type]) => `${ident(column)} ${type}`),
        ...keys,
      ]
      statements.push(`create table ${own} (${list.join(', ')}); insert into ${own} default values;`)
      if (hasView) {
        statements.push(
          `create view ${full(`view ${i}`)} with (security_invoker = true) as select * from ${own};`,
        )
      }
      if (hasComputed) {
        statements.push(
          `create function ${full(`calc${i}`)}(${own}) returns int language sql immutable return 1;`,
          `create function ${full(`rows${i}`)}(n int default 1) returns setof ${own} language sql stable begin atomic select * from ${own}; end;`,
        )
      }
    })
    return statements.join('\n')
  })
}
