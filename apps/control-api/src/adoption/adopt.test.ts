import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
beforeAll(async () => {
  t = await startTestApi()
})
afterAll(() => t?.dispose())

const secretOf = (account: { anonymous_id: string; anonymous_secret: string }) => ({
  anonymous_customer_id: account.anonymous_id,
  anonymous_secret: account.anonymous_secret,
})
let keys = 0
const adopt = (
  account: Awaited<ReturnType<TestApi['register']>>,
  database_ids: string[],
  token = t.ownerToken,
) =>
  t.call('POST', '/adopt-anonymous-databases', {
    token,
    body: { ...secretOf(account), database_ids, idempotency_key: `adopt-${keys++}` },
  })
const namesOf = async (token: string) =>
  (await t.call('GET', '/databases', { token })).json.map(({ name }: { name: string }) => name)

test('moves databases with their data, credentials and keys, and the old account loses them', async () => {
  const account = await t.register()
  const { id, admin_password } = await t.createDatabase('moves', { token: account.token })
  await t.sql(id, "create table t as select 'kept' as v", { token: account.token })
  await t.call('POST', `/databases/${id}/publishable-keys`, { token: account.token, body: { name: 'web' } })
  const preflight = await t.call('POST', '/adopt-anonymous-databases/preflight', { body: secretOf(account) })
  expect([preflight.status, preflight.json]).toEqual([
    200,
    {
      databases: [{ id, name: 'moves', state: 'ACTIVE', name_taken: false }],
      quota_ok: true,
      current_count: 0,
      database_limit: null,
    },
  ])

  const reply = await adopt(account, [id])
  expect([reply.status, reply.json]).toEqual([200, { transferred: [id], skipped: [], total_transferred: 1 }])
  expect((await t.call('GET', `/databases/${id}`, { token: account.token })).status).toBe(404)
  expect(await namesOf(account.token)).toEqual([])
  expect((await t.call('GET', '/databases/moves/credentials')).json.admin_password).toBe(admin_password)
  expect((await t.sql(id, 'select v from t')).json.rows).toEqual([['kept']])
  expect((await t.call('GET', `/databases/${id}/publishable-keys`)).json).toMatchObject([{ name: 'web' }])
})

test('returns the same reply for the same idempotency_key, and 422 for the key with another body', async () => {
  const account = await t.register()
  const { id } = await t.createDatabase('once', { token: account.token })
  const body = { ...secretOf(account), database_ids: [id], idempotency_key: 'adopt-once' }
  const first = await t.call('POST', '/adopt-anonymous-databases', { body })
  const again = await t.call('POST', '/adopt-anonymous-databases', { body })
  expect(again.json).toEqual(first.json)
  expect(again.headers.get('idempotent-replayed')).toBe('true')
  const other = await t.call('POST', '/adopt-anonymous-databases', {
    body: { ...body, database_ids: ['db_x'] },
  })
  expect([other.status, other.json.code]).toEqual([422, 'idempotency_mismatch'])
})

test('names each database that cannot be moved with the reason, and leaves it', async () => {
  const account = await t.register()
  await t.createDatabase('taken-name')
  const taken = await t.createDatabase('taken-name', { token: account.token })
  const deleted = await t.createDatabase('was-deleted', { token: account.token })
  await t.call('DELETE', `/databases/${deleted.id}`, { token: account.token })
  const foreign = await t.createDatabase('not-theirs')
  const { json } = await adopt(account, [taken.id, deleted.id, foreign.id, 'db_nothing', taken.id])
  expect(json).toEqual({
    transferred: [],
    skipped: [
      { id: taken.id, reason: 'the name "taken-name" is taken' },
      { id: deleted.id, reason: 'the database is DISABLED' },
      { id: foreign.id, reason: 'not a database of the anonymous account' },
      { id: 'db_nothing', reason: 'not a database of the anonymous account' },
    ],
    total_transferred: 0,
  })
  expect(await namesOf(account.token)).toEqual(['taken-name'])
})

test('returns 403 over the account’s limit, and moves nothing', async () => {
  const [to, from] = [await t.register(), await t.register()]
  for (const name of ['a1', 'a2', 'a3']) await t.createDatabase(name, { token: to.token })
  const ids = []
  for (const name of ['b1', 'b2', 'b3']) ids.push((await t.createDatabase(name, { token: from.token })).id)
  const preflight = await t.call('POST', '/adopt-anonymous-databases/preflight', {
    token: to.token,
    body: secretOf(from),
  })
  expect(preflight.json).toMatchObject({ quota_ok: false, current_count: 3, database_limit: 5 })

  const reply = await adopt(from, ids, to.token)
  expect([reply.status, reply.json.code]).toEqual([403, 'quota_exceeded'])
  expect(await namesOf(to.token)).toEqual(['a1', 'a2', 'a3'])
  expect(await namesOf(from.token)).toEqual(['b1', 'b2', 'b3'])

  // Two at once, for the last two places: one of them gets both.
  const replies = await Promise.all([
    adopt(from, ids.slice(0, 2), to.token),
    adopt(from, ids.slice(1), to.token),
  ])
  expect((await namesOf(to.token)).length).toBe(5)
  expect(replies.map(({ status }) => status)).toContain(200)
})

test('two accounts that take from each other at once both end, and no database is lost', async () => {
  const [one, two] = await Promise.all([t.register(), t.register()])
  const of = async (token: string, name: string) => (await t.createDatabase(name, { token })).id
  const [first, second] = await Promise.all([of(one.token, 'first'), of(two.token, 'second')])
  const replies = await Promise.all([adopt(two, [second], one.token), adopt(one, [first], two.token)])
  expect(replies.map(({ status }) => status)).toEqual([200, 200])
  expect([await namesOf(one.token), await namesOf(two.token)]).toEqual([['second'], ['first']])
})

test('of two accounts that adopt one database at once, one gets it', async () => {
  const [from, one, two] = await Promise.all([t.register(), t.register(), t.register()])
  const { id } = await t.createDatabase('wanted', { token: from.token })
  const replies = await Promise.all([adopt(from, [id], one.token), adopt(from, [id], two.token)])
  expect(replies.map(({ json }) => json.total_transferred).sort()).toEqual([0, 1])
  expect([...(await namesOf(one.token)), ...(await namesOf(two.token))]).toEqual(['wanted'])
})

test('returns 401 without the account’s secret, and 422 for the caller’s own account', async () => {
  const account = await t.register()
  const { id } = await t.createDatabase('guarded', { token: account.token })
  const wrong = await adopt({ ...account, anonymous_secret: 'sk_anon_guess' }, [id])
  expect([wrong.status, wrong.json.code]).toEqual([401, 'unauthorized'])
  expect((await adopt(account, [id], account.token)).status).toBe(422)
  expect(await namesOf(account.token)).toEqual(['guarded'])
})

test('refuses a request of the old account that was under way when its database moved', async () => {
  const account = await t.register()
  const { id } = await t.createDatabase('slow-body', { token: account.token })
  await t.sql(id, 'create table t (v text)', { token: account.token })
  const held = await Promise.all([
    holdBody(`/databases/${id}/branch`, account.token, { name: 'stolen' }),
    holdBody(`/databases/${id}/sql`, account.token, { query: "insert into t values ('theirs')" }),
    holdBody(`/databases/${id}/backups`, account.token, {}),
  ])
  expect((await adopt(account, [id])).json.transferred).toEqual([id])
  for (const { finish } of held) expect((await finish()).status).toBe(404)
  expect(await namesOf(account.token)).toEqual([])
  expect((await t.sql(id, 'select v from t')).json.rows).toEqual([])
  expect((await t.call('GET', `/databases/${id}/backups`)).json).toEqual([])
})

test('shows the operations of a moved database to its new account alone', async () => {
  const account = await t.register()
  const { id } = await t.createDatabase('has-a-past', { token: account.token })
  const path = `/operations/${(await t.call('GET', `/databases/${id}/operations`, { token: account.token })).json[0].id}`
  expect((await t.call('GET', path, { token: account.token })).status).toBe(200)
  expect((await t.call('GET', path)).status).toBe(404)
  await adopt(account, [id])
  expect((await t.call('GET', path, { token: account.token })).status).toBe(404)
  expect((await t.call('GET', path)).json).toMatchObject({ kind: 'create', database_id: id })
})

/** A request whose body is waited for: it has been authorised, and ends once `finish` is called. */
async function holdBody(path: string, token: string, body: unknown) {
  const asked = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        asked.resolve()
        await released.promise
        controller.enqueue(new TextEncoder().encode(JSON.stringify(body)))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers, body: stream, duplex: 'half' }
  const reply = t.api.fetch(new Request(`http://control/customer${path}`, init))
  await asked.promise
  return {
    finish: () => {
      released.resolve()
      return reply
    },
  }
}
