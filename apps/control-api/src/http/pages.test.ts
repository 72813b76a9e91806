/** Lists in pages: each entry once, in the order of the list without pages. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi, type TestReply } from '../testing/api.ts'
import { toPage } from './pages.ts'

const COUNT = 5

let t: TestApi
let token: string
let id: string
beforeAll(async () => {
  t = await startTestApi()
  token = await t.anonymous()
  id = (await t.createDatabase('of-lists', { token })).id
  for (let i = 1; i < COUNT; i++) {
    await t.createDatabase(`of-lists-${i}`, { token })
    await t.call('POST', '/tokens', { token, body: { name: `token ${i}` } })
    const keys = `/databases/${id}/publishable-keys`
    expect((await t.call('POST', keys, { token, body: { name: `key ${i}` } })).status).toBe(201)
    expect((await t.call('POST', `/databases/${id}/backups`, { token })).status).toBe(201)
  }
})
afterAll(() => t?.dispose())

const LISTS: [name: string, path: () => string][] = [
  ['databases', () => '/databases?all=true'],
  ['tokens', () => '/tokens'],
  ['publishable keys', () => `/databases/${id}/publishable-keys`],
  ['backups', () => `/databases/${id}/backups`],
  ['operations', () => `/databases/${id}/operations`],
]

const idsOf = ({ json }: TestReply) => json.map((entry: { id: string }) => entry.id)
const nextOf = ({ headers }: TestReply) =>
  /^<\/customer([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1]

describe.each(LISTS)('the list of %s', (_, path) => {
  test('is whole without a limit, and names no next page', async () => {
    const reply = await t.call('GET', path(), { token })
    expect(idsOf(reply).length).toBeGreaterThanOrEqual(COUNT - 1)
    expect(reply.headers.get('link')).toBeNull()
  })

  test('is the same when read by pages, each of which names the next', async () => {
    const whole = idsOf(await t.call('GET', path(), { token }))
    const pages: string[][] = []
    let next: string | undefined = `${path()}${path().includes('?') ? '&' : '?'}limit=2`
    while (next !== undefined) {
      const reply: TestReply = await t.call('GET', next, { token })
      expect(reply.status).toBe(200)
      pages.push(idsOf(reply))
      next = nextOf(reply)
    }
    expect(pages.flat()).toEqual(whole)
    expect(pages.length).toBe(Math.ceil(whole.length / 2))
  })

  test.each(['limit=0', 'limit=1001', 'limit=x', 'cursor='])('refuses %s', async (query) => {
    const reply = await t.call('GET', `${path()}${path().includes('?') ? '&' : '?'}${query}`, { token })
    expect([reply.status, reply.json.code]).toEqual([400, 'invalid_request'])
  })
})

test('a cursor of another account’s entry shows none of its entries', async () => {
  const cursor = idsOf(await t.call('GET', '/databases', { token }))[0]
  expect((await t.call('GET', `/databases?cursor=${cursor}`)).json).toEqual([])
})

test('a list has at most a thousand entries and names its next page', () => {
  const rows = Array.from({ length: 1_001 }, (_, i) => ({ id: String(i) }))
  const { body, next } = toPage(rows, {}, ({ id }) => id)
  expect([body.length, next]).toEqual([1_000, '999'])
  expect(toPage(rows.slice(1), {}, ({ id }) => id).next).toBeNull()
})
