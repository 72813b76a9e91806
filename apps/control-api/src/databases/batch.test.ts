import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineWith, startTestApi, type TestApi, toReply } from '../testing/api.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

const batch = (databases: unknown[], more = {}, token = t.ownerToken) =>
  t.call('POST', '/databases/batch', { token, body: { databases, ...more } })

test('creates all databases in the order of the request, each with credentials that work', async () => {
  const names = Array.from({ length: 6 }, (_, i) => `shard-${i}`)
  const { status, json } = await batch(
    names.map((name) => ({ name })),
    { project_id: 'p' },
  )
  expect([status, json.total_requested, json.total_created, json.failed]).toEqual([200, 6, 6, []])
  expect(json.created.map(({ name }: { name: string }) => name)).toEqual(names)
  for (const { id, project_id, admin_password } of json.created) {
    expect(project_id).toBe('p')
    expect((await t.sql(id, 'select 1')).json.rows).toEqual([[1]])
    expect((await t.call('GET', `/databases/${id}/credentials`)).json.admin_password).toBe(admin_password)
  }
})

test('names each database that cannot be made with its index and reason, and makes the others', async () => {
  await t.createDatabase('there-already')
  const { status, json } = await batch([
    { name: 'fine' },
    { name: 'there-already' },
    { name: 'Bad Name' },
    { name: 'twice' },
    { name: 'twice' },
    { name: 'weak', admin_password: 'short' },
  ])
  expect(status).toBe(200)
  expect(json.created.map(({ name }: { name: string }) => name)).toEqual(['fine', 'twice'])
  expect(
    json.failed.map((item: { index: number; error: { code: string } }) => [item.index, item.error.code]),
  ).toEqual([
    [1, 'name_taken'],
    [2, 'unprocessable'],
    [expect.toBeOneOf([3, 4]), 'name_taken'],
    [5, 'unprocessable'],
  ])
  expect([json.total_requested, json.total_created]).toEqual([6, 2])
})

test('makes databases up to the account’s limit and refuses the rest', async () => {
  const token = await t.anonymous()
  const { json } = await batch(
    Array.from({ length: 7 }, (_, i) => ({ name: `n${i}` })),
    {},
    token,
  )
  expect(json.total_created).toBe(5)
  expect(json.failed.map((item: { error: { status: number } }) => item.error.status)).toEqual([403, 403])
})

test.each([
  ['none', []],
  ['more than 100', Array.from({ length: 101 }, (_, i) => ({ name: `n${i}` }))],
  ['an unknown field', [{ name: 'x', owner: 'y' }]],
])('returns 400 for %s, and makes nothing', async (_, databases) => {
  const count = async () => (await t.metadata.query('select count(*)::int as n from databases')).rows[0].n
  const before = await count()
  expect((await batch(databases)).status).toBe(400)
  expect(await count()).toBe(before)
})

describe('with an Idempotency-Key', () => {
  const items = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `${prefix}-${i}` }))
  const keyed = (databases: unknown[], key: string) =>
    t.call('POST', '/databases/batch', { body: { databases }, headers: { 'idempotency-key': key } })
  const countOf = async (prefix: string) =>
    (await t.metadata.query('select count(*)::int as n from databases where name like $1', [`${prefix}-%`]))
      .rows[0].n

  test('returns the same reply when it is sent again, and makes nothing twice', async () => {
    const first = await keyed(items('again', 3), 'again')
    const again = await keyed(items('again', 3), 'again')
    expect([again.status, again.text]).toEqual([200, first.text])
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(await countOf('again')).toBe(3)
  })

  test('makes the rest when it is sent again after a crash, and returns all databases', async () => {
    // The first few are made; then nothing more gets through, as in a process that dies.
    let left = 3
    const held: Promise<never> = new Promise(() => {})
    const engine = engineWith(t.engine, {
      create: async (spec) => (left-- > 0 ? t.engine.create(spec) : held),
    })
    const api = await t.restart(engine)
    const init = {
      method: 'POST',
      headers: {
        authorization: `Bearer ${t.ownerToken}`,
        'content-type': 'application/json',
        'idempotency-key': 'cut',
      },
      body: JSON.stringify({ databases: items('cut', 14) }),
    }
    void api.fetch(new Request('http://control/customer/databases/batch', init)).then(toReply, () => {})
    await expect.poll(() => countOf('cut')).toBe(11)
    expect((await keyed(items('cut', 14), 'cut')).json.code).toBe('idempotency_in_flight')

    await (await t.restart()).resumeJobs()
    const { status, json } = await keyed(items('cut', 14), 'cut')
    expect([status, json.total_created, json.failed]).toEqual([200, 14, []])
    expect(json.created.map(({ name }: { name: string }) => name)).toEqual(
      items('cut', 14).map(({ name }) => name),
    )
    expect(await countOf('cut')).toBe(14)
    for (const { id, admin_password } of json.created) {
      expect((await t.call('GET', `/databases/${id}/credentials`)).json.admin_password).toBe(admin_password)
    }
    expect((await keyed(items('cut', 14), 'cut')).json).toEqual(json)
  })

  test('returns 422 with another body, also after that', async () => {
    expect((await keyed(items('cut', 2), 'cut')).status).toBe(422)
  })
})
