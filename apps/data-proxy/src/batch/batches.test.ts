import { INTERNAL_PATHS, PARTS_HEADER, type PartHead } from '@db9/types/internal'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postText } from '../testing/http.ts'
import { PASSWORD, type Stack, startStack } from '../testing/stack.ts'

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

interface Statement {
  text: string
  params?: (string | null)[]
}

async function post(body: unknown, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${await stack.credential()}`
  const path = INTERNAL_PATHS.batches
  return postText({ port: stack.httpPort, path, headers: { authorization, ...headers }, body })
}

/** Batches of these statements, `req_0` and on, whose first column is the body. */
function toRequest(batches: Statement[][]) {
  const texts = [...new Set(batches.flat().map(({ text }) => text))]
  return {
    texts,
    batches: batches.map((statements, i) => ({
      requestId: `req_${i}`,
      rollback: false,
      bodyColumn: 0,
      statements: statements.map(({ text, params = [] }) => ({ text: texts.indexOf(text), params })),
    })),
  }
}

interface Part extends Omit<PartHead, 'bytes'> {
  body: string
}

async function ask(batches: Statement[][]): Promise<Part[]> {
  const { status, headers, body } = await post(toRequest(batches))
  expect(status).toBe(200)
  const bytes = Buffer.from(body)
  let at = Number(headers[PARTS_HEADER])
  const heads = JSON.parse(bytes.subarray(0, at).toString()) as PartHead[]
  const parts = heads.map(({ bytes: length, ...head }) => {
    at += length
    return { ...head, body: bytes.subarray(at - length, at).toString() }
  })
  expect(at).toBe(bytes.length)
  return parts
}

/** The same, as often as it takes until all are answered: one that is not soon enough is to be sent again. */
async function askUntilAnswered(batches: Statement[][]): Promise<Part[]> {
  for (;;) {
    const parts = await ask(batches)
    if (parts.every(({ status }) => status !== null)) return parts
  }
}

const SET = `select set_config('my.value', $1, true)`
const GET = `select current_setting('my.value', true), current_setting('transaction_read_only')`

describe('batches that come together', () => {
  test('are transactions of their own, answered in their order, each with its own', async () => {
    const names = Array.from({ length: 16 }, (_, i) => `ä → 𝄞 ${i}`)
    const parts = await askUntilAnswered(names.map((name) => [{ text: SET, params: [name] }, { text: GET }]))
    expect(parts).toEqual(
      names.map((name, i) => ({ requestId: `req_${i}`, status: 200, row: ['', 'on'], body: name })),
    )
  })

  test('see nothing of what another set', async () => {
    const marked = [{ text: SET, params: ['mine'] }, { text: GET }]
    for (let i = 0; i < 20; i++) {
      const parts = await askUntilAnswered([marked, [{ text: GET }], marked, [{ text: GET }]])
      expect(parts.map(({ body }) => body)).toEqual(['mine', '', 'mine', ''])
    }
  })

  test('write nothing, whatever they say', async () => {
    const insert = [{ text: 'insert into public.notes values (1) returning n' }]
    const [written, read] = await askUntilAnswered([insert, [{ text: 'select 1' }]])
    expect([written?.status, JSON.parse(written?.body ?? '').code]).toEqual([400, '25006'])
    expect([read?.status, read?.body]).toEqual([200, '1'])
    const { texts, batches } = toRequest([insert])
    await post({ texts, batches: batches.map((batch) => ({ ...batch, readOnly: false })) })
    expect((await admin.query('select from notes')).rowCount).toBe(0)
  })

  test('fail each by itself', async () => {
    const parts = await ask([
      [{ text: 'select 1' }],
      [{ text: 'select 1/0' }],
      [{ text: 'no statement' }],
      [{ text: 'select pg_terminate_backend(pg_backend_pid())' }],
      [{ text: 'select 2' }],
    ])
    expect(parts.map(({ status }) => status)).toEqual([200, 400, 400, 503, 200])
    expect([1, 2].map((i) => JSON.parse(parts[i]?.body ?? '').code)).toEqual(['22012', '42601'])
    expect([parts[0]?.body, parts[4]?.body]).toEqual(['1', '2'])
    const logged = stack.logged.map((line) => JSON.parse(line))
    expect(logged.filter(({ level }) => level === 40).map(({ request_id }) => request_id)).toContain('req_3')
  })

  test('do not wait for one that is slow; it is ended, and to be sent by itself', async () => {
    const slow = `select 'slow', pg_sleep(60)`
    const [first, second, third] = await ask([
      [{ text: 'select 1' }],
      [{ text: slow }],
      [{ text: 'select 3' }],
    ])
    expect([first?.body, third?.body]).toEqual(['1', '3'])
    expect(second).toEqual({ requestId: 'req_1', status: null, row: null, body: '' })
    await expect
      .poll(async () => {
        const running = `select from pg_stat_activity where query = $1 and state = 'active'`
        return (await admin.query(running, [slow])).rowCount
      })
      .toBe(0)
  })

  test('do not carry one that brings much; it is to be sent by itself', async () => {
    const bytes = (count: number) => [{ text: `select repeat('x', $1::int)`, params: [String(count)] }]
    const parts = await ask([bytes(64 * 1024), bytes(64 * 1024 + 1), bytes(1)])
    expect(parts.map(({ status, body }) => [status, body.length])).toEqual([
      [200, 64 * 1024],
      [null, 0],
      [200, 1],
    ])
  })

  test.each<[string, unknown]>([
    ['is not JSON', '{'],
    ['is null', 'null'],
    ['has no batches', { texts: [], batches: [] }],
    ['has more than sixteen', toRequest(Array.from({ length: 17 }, () => [{ text: 'select 1' }]))],
    ['has a batch that is none', { texts: ['select 1'], batches: [null] }],
    ['has no texts', { batches: toRequest([[{ text: 'select 1' }]]).batches }],
    ['names a text that is not there', { ...toRequest([[{ text: 'select 1' }]]), texts: [] }],
    ['has a text that is none', { ...toRequest([[{ text: 'select 1' }]]), texts: [1] }],
  ])('are refused whole where the body %s', async (_, body) => {
    const reply = await post(body)
    expect([reply.status, JSON.parse(reply.body).code]).toEqual([400, '22023'])
  })

  test('are for the gateway alone', async () => {
    const body = toRequest([[{ text: 'select 1' }]])
    for (const headers of [
      { authorization: '' },
      { authorization: `Bearer ${PASSWORD}` },
      { origin: 'https://example.com' },
    ] as Record<string, string>[]) {
      const reply = await post(body, headers)
      expect([headers, reply.status, JSON.parse(reply.body).code]).toEqual([headers, 400, '28P01'])
    }
  })
})
