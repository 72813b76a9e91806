import { INTERNAL_PATHS, ROW_HEADER } from '@db9/types/internal'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postText } from '../testing/http.ts'
import { inSeconds, PASSWORD, type Stack, startStack } from '../testing/stack.ts'

let stack: Stack
let admin: pg.Client
beforeAll(async () => {
  stack = await startStack()
  admin = await stack.direct()
  await admin.query('create table notes (n int); grant all on notes to authenticator')
})
afterAll(async () => {
  await admin.end()
  await stack.close()
})

const statement = (text: string, params: (string | null)[] = []) => ({ text, params })
const BATCH = { readOnly: true, rollback: false, bodyColumn: null as number | null }

async function post(body: unknown, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${await stack.credential()}`
  const path = INTERNAL_PATHS.batch
  const reply = await postText({
    port: stack.httpPort,
    path,
    headers: { authorization, ...headers },
    body,
  })
  return { status: reply.status, row: reply.headers[ROW_HEADER], body: reply.body }
}

describe('a batch of the gateway', () => {
  test('is one transaction, answered with the first row of its last statement', async () => {
    const statements = [
      statement(`select set_config('my.value', $1, true)`, ['ä']),
      statement(
        `select current_setting('my.value'), current_setting('transaction_read_only'), null, current_user`,
      ),
    ]
    expect(await post({ ...BATCH, statements })).toEqual({
      status: 200,
      row: undefined,
      body: '["ä","on",null,"authenticator"]',
    })
  })

  test('gives the text of one column as the body, and the rest in a header, whatever is in them', async () => {
    const statements = [statement(`select $1, $2, null`, ['line\n“ä” 𝄞', '{"a":"é"}'])]
    const reply = await post({ ...BATCH, statements, bodyColumn: 1 })
    expect([reply.status, reply.body]).toEqual([200, '{"a":"é"}'])
    expect(reply.row).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(String(reply.row))).toEqual(['line\n“ä” 𝄞', '', null])
    const empty = await post({ ...BATCH, statements, bodyColumn: 2 })
    expect([empty.body, JSON.parse(String(empty.row))]).toEqual(['', ['line\n“ä” 𝄞', '{"a":"é"}', null]])
  })

  test('gives a row that no header can take as the body', async () => {
    const row = ['x'.repeat(9_000), '[]']
    const reply = await post({ ...BATCH, statements: [statement('select $1, $2', row)], bodyColumn: 1 })
    expect([reply.row, JSON.parse(reply.body)]).toEqual([undefined, row])
  })

  test.each([
    [undefined, 'read committed'],
    ['read committed', 'read committed'],
    ['repeatable read', 'repeatable read'],
    ['serializable', 'serializable'],
  ])('asked for isolation %s runs at %s', async (isolation, level) => {
    for (const readOnly of [true, false]) {
      const statements = [
        statement(
          "select current_setting('transaction_isolation'), current_setting('transaction_read_only')",
        ),
      ]
      const reply = await post({ ...BATCH, readOnly, isolation, statements })
      expect(JSON.parse(reply.body)).toEqual([level, readOnly ? 'on' : 'off'])
    }
  })

  test.each([
    [false, 1],
    [true, 0],
  ])('with rollback %s answers and leaves %i rows', async (rollback, left) => {
    await admin.query('truncate notes')
    const statements = [statement('insert into public.notes values (1) returning n')]
    expect((await post({ ...BATCH, readOnly: false, rollback, statements })).body).toBe('["1"]')
    expect((await admin.query('select from notes')).rowCount).toBe(left)
  })

  test('may be six times as long as JSON as the values in it', async () => {
    const statements = [statement('select octet_length($1::text)', ['\u0001'.repeat(2 * 1024 * 1024)])]
    const reply = await post({ ...BATCH, statements })
    expect([reply.status, reply.body]).toEqual([200, '["2097152"]'])
  })

  test('that fails tells why, and nothing of it happened', async () => {
    await admin.query('truncate notes')
    const statements = [statement('insert into public.notes values (1)'), statement('select 1/0')]
    const reply = await post({ ...BATCH, readOnly: false, statements })
    expect([reply.status, JSON.parse(reply.body)]).toEqual([400, expect.objectContaining({ code: '22012' })])
    const reading = await post({
      ...BATCH,
      statements: [statement('insert into public.notes values (1) returning n')],
    })
    expect(JSON.parse(reading.body)).toMatchObject({ code: '25006' })
    expect((await admin.query('select from notes')).rowCount).toBe(0)
  })

  test.each([
    ['is not JSON', '{'],
    ['has no statements', BATCH],
    ['has an empty list of statements', { ...BATCH, statements: [] }],
    ['has a statement that is a text', { ...BATCH, statements: ['select 1'] }],
    ['has a NUL in a statement', { ...BATCH, statements: [statement('select 1 \0')] }],
    ['has a number among its values', { ...BATCH, statements: [{ text: 'select $1', params: [1] }] }],
    ['has a NUL in a value', { ...BATCH, statements: [statement('select $1', ['\0'])] }],
    [
      'names a level of isolation that there is not',
      { ...BATCH, statements: [statement('select 1')], isolation: 'chaos' },
    ],
    ['names its column', { ...BATCH, statements: [statement('select 1')], bodyColumn: 'a' }],
  ])('is refused where it %s', async (_, body) => {
    const reply = await post(body)
    expect([reply.status, JSON.parse(reply.body).code]).toEqual([
      400,
      expect.stringMatching(/^2(2023|2021)$/),
    ])
  })

  test('that cannot be served is in the log, by the id of its request', async () => {
    const statements = [statement('select pg_terminate_backend(pg_backend_pid())')]
    expect((await post({ ...BATCH, statements, requestId: 'req_12' })).status).toBe(503)
    expect((await post({ ...BATCH, statements, requestId: 'no id\nbut a line' })).status).toBe(503)
    const lines = stack.logged.map((line) => JSON.parse(line))
    const logged = lines.filter(({ database_id }) => database_id === stack.id)
    expect(logged.map(({ request_id, level }) => [request_id, level])).toEqual([
      ['req_12', 40],
      [null, 40],
    ])
  })

  test('is for the gateway alone', async () => {
    const body = { ...BATCH, statements: [statement('select 1')] }
    expect((await post(body)).status).toBe(200)
    for (const headers of [
      { authorization: '' },
      { authorization: `Bearer ${PASSWORD}` },
      { authorization: `Bearer ${await stack.credential()}x` },
      { authorization: `Bearer ${await stack.credential({ expiresAt: inSeconds(-1) })}` },
      { authorization: `Bearer ${await stack.credential({ role: 'postgres' })}` },
      { origin: 'https://example.com' },
      { 'sec-fetch-site': 'cross-site' },
    ] as Record<string, string>[]) {
      const reply = await post(body, headers)
      expect([headers, reply.status, JSON.parse(reply.body).code]).toEqual([headers, 400, '28P01'])
    }
  })
})
