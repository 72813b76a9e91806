import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCatalog } from '../catalog/parse-catalog.ts'
import { planOf, type TestRequest } from '../testing/requests.ts'
import { fromPostgresError } from './postgres-error.ts'
import type { PostgresFields } from './postgres-fields.ts'

const catalog = parseCatalog(
  readFileSync(new URL('../testing/corpus/catalog.json.txt', import.meta.url), 'utf8'),
)
const REQUEST: TestRequest = {
  method: 'POST',
  url: 'todos',
  body: '{"title":"mine","user_id":99}',
  policy: { exposedTables: ['todos'] },
}
const plan = planOf(REQUEST, catalog)
const told = (fields: PostgresFields) => {
  const { message, details, hint } = fromPostgresError(fields, { role: 'anon', plan })
  return { message, details, hint }
}

/** Stands where a name or a value stands that is not the caller's. */
const MARK = 'zqhidden'

/** Texts of Postgres 18's sources, by SQLSTATE. */
const MESSAGES: readonly [code: string, message: string, detail?: string][] = [
  ['22003', `value "${MARK}" is out of range for type integer`],
  ['22003', `"${MARK}" is out of range for type double precision`],
  ['22007', `invalid input syntax for type timestamp with time zone: "${MARK}"`],
  ['22007', `invalid value "${MARK}" for "YYYY"`, `Value must be an integer.`],
  ['22008', `date/time field value out of range: "${MARK}"`],
  ['22021', 'invalid byte sequence for encoding "UTF8": 0x7a 0x71'],
  ['22023', `invalid value for parameter "TimeZone": "${MARK}"`],
  ['22023', `time zone "${MARK}" not recognized`],
  ['22023', `unrecognized format() type specifier "${MARK}"`],
  ['22P02', `invalid input syntax for type uuid: "${MARK}"`],
  ['22P02', `invalid input value for enum ${MARK}: "${MARK}"`],
  ['22P02', `malformed array literal: "${MARK}"`, `Unexpected "${MARK}" character.`],
  ['22P02', 'invalid input syntax for type json', `Token "${MARK}" is invalid.`],
  [
    '23502',
    `null value in column "${MARK}" of relation "${MARK}" violates not-null constraint`,
    `Failing row contains (${MARK}, 1).`,
  ],
  ['23502', `domain ${MARK} does not allow null values`],
  [
    '23503',
    `insert or update on table "${MARK}" violates foreign key constraint "${MARK}"`,
    `Key (${MARK})=(${MARK}) is not present in table "${MARK}".`,
  ],
  [
    '23503',
    `update or delete on table "todos" violates foreign key constraint "${MARK}" on table "${MARK}"`,
    `Key (id)=(1) is still referenced from table "${MARK}".`,
  ],
  [
    '23505',
    `duplicate key value violates unique constraint "${MARK}"`,
    `Key (${MARK})=(${MARK}) already exists.`,
  ],
  [
    '23514',
    `new row for relation "${MARK}" violates check constraint "${MARK}"`,
    `Failing row contains (${MARK}).`,
  ],
  [
    '23514',
    `no partition of relation "${MARK}" found for row`,
    `Partition key of the failing row contains (${MARK}) = (${MARK}).`,
  ],
  ['23514', `value for domain ${MARK}.${MARK} violates check constraint "${MARK}"`],
  [
    '23P01',
    `conflicting key value violates exclusion constraint "${MARK}"`,
    `Key (${MARK})=(${MARK}) conflicts with existing key (${MARK})=(${MARK}).`,
  ],
  [
    '2BP01',
    `cannot drop table ${MARK} because other objects depend on it`.replace(MARK, `"${MARK}"`),
    `constraint ${MARK} on table ${MARK} depends on table ${MARK}`,
  ],
  [
    '40P01',
    'deadlock detected',
    `Process 1 waits for ShareLock on transaction 5; blocked by process 2. ${MARK}`,
  ],
  ['42501', `permission denied for table ${MARK}`],
  ['42501', `permission denied for schema ${MARK}`],
  ['42501', `permission denied for function ${MARK}`],
  ['42501', `permission denied for sequence ${MARK}_id_seq`],
  ['42501', `permission denied for materialized view ${MARK}`],
  ['42501', `permission denied for foreign table ${MARK} with spaces`],
  ['42501', `must be owner of table ${MARK}`],
  ['42501', `new row violates row-level security policy "${MARK}" for table "${MARK}"`],
  ['42501', `permission denied to set role "${MARK}"`],
  ['42602', `invalid name syntax: "${MARK}"`],
  ['42703', `column "${MARK}" of relation "${MARK}" does not exist`],
  ['42703', `column ${MARK}.${MARK} does not exist`],
  ['42703', `record "new" has no field "${MARK}"`],
  ['42704', `type "${MARK}" does not exist`],
  ['42704', `role "${MARK}" does not exist`],
  ['42723', `function "${MARK}" already exists with same argument types`],
  ['42804', `column "${MARK}" is of type ${MARK} but expression is of type ${MARK}.${MARK}`],
  [
    '42804',
    'structure of query does not match function result type',
    `Returned type ${MARK} does not match expected type text in column 1.`,
  ],
  ['42846', `cannot cast type ${MARK} to ${MARK}`.replace(/to .*/, 'to integer')],
  ['42883', `function ${MARK}.${MARK}(${MARK}, text) does not exist`],
  ['42883', `operator does not exist: ${MARK} = ${MARK}.${MARK}`],
  ['42725', `function ${MARK}(unknown) is not unique`],
  ['42P01', `relation "${MARK}" does not exist`],
  ['42P01', `missing FROM-clause entry for table "${MARK}"`],
  ['42P10', `column reference "${MARK}" is ambiguous`],
  [
    '428C9',
    `cannot insert a non-DEFAULT value into column "${MARK}"`,
    `Column "${MARK}" is an identity column defined as GENERATED ALWAYS.`,
  ],
  ['53100', `could not extend file "base/5/${MARK}": No space left on device`, MARK],
  [
    '54000',
    `index row size 3000 exceeds btree version 4 maximum 2704 for index "${MARK}"`,
    `Index row references tuple (0,1) in relation "${MARK}".`,
  ],
  ['55000', `cannot update view "${MARK}"`, `Views containing GROUP BY are not automatically updatable.`],
  ['55P03', `could not obtain lock on relation "${MARK}"`],
  ['57014', 'canceling statement due to statement timeout'],
  ['58P01', `could not open file "${MARK}": No such file or directory`],
  ['XX000', `could not find pathkey item to sort "${MARK}"`],
  ['P0002', `query "${MARK}" returned no rows`],
  ['P0003', `query returned more than one row`, `parameters: $1 = '${MARK}'`],
]

describe('an error of something that is not exposed', () => {
  test.each(MESSAGES)('%s %s tells neither names nor values', (code, message, detail) => {
    const fields = { code, message, detail, hint: `Perhaps you meant "${MARK}".` }
    expect(JSON.stringify(told(fields))).not.toMatch(/zqhidden|0x7a/)
    const about = { schema: 'public', table: MARK, column: MARK, constraint: MARK, dataType: MARK }
    expect(JSON.stringify(told({ ...fields, ...about }))).not.toMatch(/zqhidden|0x7a/)
  })

  test('tells neither where a name holds quotes', () => {
    const name = fc
      .array(fc.constantFrom('"', '""', ' ', MARK, '\\', ', ', ')', ' on table ', '"todos"'), {
        minLength: 1,
        maxLength: 5,
      })
      .map((parts) => `${parts.join('')}${MARK}`)
    fc.assert(
      fc.property(name, (table) => {
        const fields = {
          code: '23505',
          message: `duplicate key value violates unique constraint "${table}" of "${table}"`,
          detail: `Key (${table})=(${table}) already exists.`,
          schema: 'public',
          table,
          constraint: table,
        }
        expect(JSON.stringify(told(fields))).not.toContain(MARK)
      }),
    )
  })

  test('is generic where nothing is known of the request', () => {
    const error = fromPostgresError(
      { code: '42P01', message: `relation "${MARK}"`, detail: MARK },
      { role: 'anon' },
    )
    expect([error.message, error.details]).toEqual(['relation (not exposed)', null])
  })
})

describe('an error of what is exposed', () => {
  const about = { schema: 'public', table: 'todos' }

  test.each<[PostgresFields, object]>([
    [
      {
        code: '23502',
        message: 'null value in column "title" of relation "todos" violates not-null constraint',
        column: 'title',
        ...about,
      },
      { message: 'null value in column "title" of relation "todos" violates not-null constraint' },
    ],
    [
      {
        code: '23514',
        message: 'new row for relation "todos" violates check constraint "any_name"',
        constraint: 'any_name',
        ...about,
      },
      { message: 'new row for relation "todos" violates check constraint "any_name"' },
    ],
    [
      {
        code: '23503',
        message: 'insert or update on table "todos" violates foreign key constraint "k"',
        detail: 'Key (user_id)=(99) is not present in table "users".',
        constraint: 'k',
        ...about,
      },
      { details: 'Key (user_id)=(99) is not present in table (not exposed).' },
    ],
    [
      {
        code: '23503',
        message: 'm',
        detail: 'Key (user_id)=(98) is not present in table "users".',
        ...about,
      },
      { details: 'Key (user_id) is not present in table (not exposed).' },
    ],
    [
      { code: '23505', message: 'm', detail: 'Key (lower(title))=(mine) already exists.', ...about },
      { details: 'Key already exists.' },
    ],
    [
      { code: '42501', message: 'permission denied for table todos' },
      { message: 'permission denied for table todos' },
    ],
    [
      { code: '42883', message: 'operator does not exist: timestamp with time zone ~~ unknown' },
      { message: 'operator does not exist: timestamp with time zone ~~ unknown' },
    ],
    [
      {
        code: '42883',
        message: 'function pg_catalog.sum(text) does not exist',
        hint: 'No function matches the given name and argument types. You might need to add explicit type casts.',
      },
      {
        message: 'function sum(text) does not exist',
        hint: 'No function matches the given name and argument types. You might need to add explicit type casts.',
      },
    ],
    [
      { code: '22P02', message: 'invalid input syntax for type integer: "mine"' },
      { message: 'invalid input syntax for type integer: "mine"' },
    ],
    [
      { code: '22P02', message: 'invalid input syntax for type integer: "min"' },
      { message: 'invalid input syntax for type integer' },
    ],
    [
      {
        code: '22P02',
        message: 'invalid input syntax for type json',
        detail: 'Expected ":", but found "}".',
      },
      { details: 'Expected ":", but found "}".' },
    ],
    [
      {
        code: '22P02',
        message: 'malformed array literal: "x"',
        detail: 'Array value must start with "{" or dimension information.',
        where: "unnamed portal parameter $1 = '...'",
      },
      {
        message: 'malformed array literal: "x"',
        details: 'Array value must start with "{" or dimension information.',
      },
    ],
    [
      {
        code: '42704',
        message: 'unrecognized configuration parameter "app.tenant"',
        where: 'SQL function "f" statement 1',
      },
      { message: 'unrecognized configuration parameter "app.tenant"' },
    ],
    [
      {
        code: '23505',
        message: 'see "users"',
        hint: 'or "users"',
        where: 'PL/pgSQL function f() line 2 at RAISE\nSQL statement "x"',
      },
      { message: 'see "users"', hint: 'or "users"' },
    ],
  ])('%o', (fields, expected) => expect(told(fields)).toMatchObject(expected))

  test('of a function that only passes on what Postgres said is none of its own words', () => {
    const where = 'SQL statement "select 1"\nPL/pgSQL function f() line 2 at RAISE'
    expect(
      told({ code: '42P01', message: `relation "${MARK}" does not exist`, where }).message,
    ).not.toContain(MARK)
  })

  test('takes no time for what was sent many times over', () => {
    const body = JSON.stringify({ title: 'a'.repeat(2_000_000), user_id: 99 })
    const long = planOf({ ...REQUEST, body }, catalog)
    const value = 'a'.repeat(900)
    const error = fromPostgresError(
      { code: '22P02', message: `m: "${value}b"` },
      { role: 'anon', plan: long },
    )
    expect(error.message).toBe('m')
  })
})
