/** For how long the audit log keeps what was done. */
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { MOST_ANONYMOUS_READS, MOST_ANONYMOUS_ROWS } from './audit.ts'

const DAY_MS = 86_400_000

let t: TestApi
let token: string
let stranger: string
let owner: string
beforeAll(async () => {
  t = await startTestApi()
  token = await t.anonymous()
  stranger = (await t.call('GET', '/me', { token })).json.id
  owner = (await t.call('GET', '/me')).json.id
})
afterAll(() => t?.dispose())

async function rowsOf(customerId: string): Promise<string[]> {
  const { rows } = await t.metadata.query('select id from audit_log where customer_id = $1 order by id', [
    customerId,
  ])
  return rows.map(({ id }) => id)
}

/** Rows of some time ago, as if the account had done so much. */
async function insert(
  customerId: string,
  count: number,
  agoMs: number,
  operation = 'create',
): Promise<string[]> {
  const at = Date.now() - agoMs
  const ids = Array.from({ length: count }, () => newId('audit', at))
  await t.metadata.query(
    `insert into audit_log (id, customer_id, operation_type, resource_type, resource_id, anonymous, created_at)
     select made, c.id, $4, 'token', 'tok_x', c.kind = 'anonymous', $3::timestamptz
       from unnest($1::text[]) made, customers c where c.id = $2`,
    [ids, customerId, new Date(at), operation],
  )
  return ids
}

test('the sweep removes old audit rows of anonymous accounts and none of the owner', async () => {
  const old = await insert(stranger, 3, 31 * DAY_MS)
  const recent = await insert(stranger, 2, 29 * DAY_MS)
  const owners = await insert(owner, 2, 400 * DAY_MS)
  await t.api.sweep()
  const left = await rowsOf(stranger)
  expect(left).toEqual(expect.arrayContaining(recent))
  expect(left.filter((id) => old.includes(id))).toEqual([])
  expect(await rowsOf(owner)).toEqual(expect.arrayContaining(owners))
})

test('the newest audit rows of an anonymous account stay, and all rows of the owner', async () => {
  const owners = await rowsOf(owner)
  const oldest = await insert(stranger, 5, DAY_MS)
  await insert(stranger, MOST_ANONYMOUS_ROWS, 1_000)
  await insert(owner, MOST_ANONYMOUS_ROWS, 1_000)
  const made = await t.call('POST', '/tokens', { token, body: {} })
  await t.call('POST', '/tokens', { body: {} })
  const left = await rowsOf(stranger)
  expect(left).toHaveLength(MOST_ANONYMOUS_ROWS)
  expect(left.filter((id) => oldest.includes(id))).toEqual([])
  const { rows } = await t.metadata.query('select resource_id from audit_log where id = $1', [left.at(-1)])
  expect(rows).toEqual([{ resource_id: made.json.id }])
  expect(await rowsOf(owner)).toHaveLength(owners.length + MOST_ANONYMOUS_ROWS + 1)
})

test('rows of what only read drive out no row of a change', async () => {
  const changes = await rowsOf(stranger)
  const { json: database } = await t.call('POST', '/databases', { token, body: { name: 'read-often' } })
  await insert(stranger, MOST_ANONYMOUS_READS + 50, 500, 'read')
  await t.call('POST', `/databases/${database.id}/dump`, { token, body: {} })
  const { rows } = await t.metadata.query(
    `select operation_type = 'read' as is_read, count(*)::int as n from audit_log where customer_id = $1 group by 1 order by 1`,
    [stranger],
  )
  expect(rows).toEqual([
    { is_read: false, n: changes.length },
    { is_read: true, n: MOST_ANONYMOUS_READS },
  ])
})

test('an account that renews its token often keeps the newest hundred sessions', async () => {
  const { token: first, anonymous_id, anonymous_secret } = await t.register()
  const refresh = { token: null, body: { anonymous_id, anonymous_secret } }
  const { id: customer } = (await t.call('GET', '/me', { token: first })).json
  await t.metadata.query(
    `insert into tokens (id, customer_id, kind, name, sha256, created_at)
     select 'tok_' || lpad(n::text, 26, '0'), $1, 'session', 'earlier', n::text, now() from generate_series(1, 150) n`,
    [customer],
  )
  const renewed = await t.call('POST', '/anonymous-refresh', refresh)
  const { rows } = await t.metadata.query('select count(*)::int as n from tokens where customer_id = $1', [
    customer,
  ])
  expect(rows).toEqual([{ n: 100 }])
  for (const each of [first, renewed.json.token])
    expect((await t.call('GET', '/me', { token: each })).status).toBe(200)
})
