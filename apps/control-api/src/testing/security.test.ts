import { ALL_ROUTES, type Route } from '@db9/types'
import { newId } from '@db9/types/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from './api.ts'

let t: TestApi
/** A database of the owner's, what belongs to it, and a token of the owner's. */
let own: Record<
  | 'database_id'
  | 'key_id'
  | 'token_id'
  | 'backup_id'
  | 'operation_id'
  | 'restore_id'
  | 'username'
  | 'secret_name',
  string
>
let tokens: Record<'stranger' | 'ro' | 'rw' | 'elsewhere' | 'revoked' | 'expired', string>
let publishableKey: string

beforeAll(async () => {
  t = await startTestApi()
  const { id } = await t.createDatabase('mine')
  const { id: other } = await t.createDatabase('mine-too')
  const { json: key } = await t.call('POST', `/databases/${id}/publishable-keys`, { body: {} })
  publishableKey = key.publishable_key
  const make = async (scope?: { id: string; access: string }) => {
    const body = scope ? { scope_json: JSON.stringify({ databases: [scope] }) } : {}
    return (await t.call('POST', '/tokens', { body })).json
  }
  const [plain, revoked, expired] = [await make(), await make(), await make()]
  await t.call('DELETE', `/tokens/${revoked.id}`)
  await t.metadata.query(`update tokens set expires_at = now() - interval '1 second' where id = $1`, [
    expired.id,
  ])
  const { rows } = await t.metadata.query('select id, customer_id from operations where database_id = $1', [
    id,
  ])
  const operation_id = rows[0].id
  const [backup_id, restore_id] = [newId('backup'), newId('restore')]
  await t.metadata.query(
    `insert into backups (id, customer_id, database_id, state, created_at, updated_at)
     values ($1, $2, $3, 'failed', now(), now())`,
    [backup_id, rows[0].customer_id, id],
  )
  await t.metadata.query(
    `insert into restores (id, customer_id, backup_id, target_database_id, operation_id, created_at)
     values ($1, $2, $3, $4, $5, now())`,
    [restore_id, rows[0].customer_id, backup_id, id, operation_id],
  )
  const username = 'app'
  const secret_name = 'MADE_BEFORE'
  await t.call('POST', `/databases/${id}/secrets`, { body: { name: secret_name, value: 'x' } })
  const made = { backup_id, operation_id, restore_id, username, secret_name }
  own = { database_id: id, key_id: key.id, token_id: plain.id, ...made }
  tokens = {
    stranger: await t.anonymous(),
    ro: (await make({ id, access: 'ro' })).token,
    rw: (await make({ id, access: 'rw' })).token,
    elsewhere: (await make({ id: other, access: 'rw' })).token,
    revoked: revoked.token,
    expired: expired.token,
  }
})
afterAll(() => t?.dispose())

/** A body that each route accepts, where it has one. */
const BODIES: Record<string, unknown> = {
  createDatabase: { name: 'made-by-the-matrix' },
  anonymousRefresh: { anonymous_id: 'anon_x', anonymous_secret: 'x' },
  deployFunction: {
    name: 'made-by-the-matrix',
    entrypoint: 'index.handler',
    bundle_ref: 'data:text/javascript,export function handler() {}',
  },
  updateFunction: {
    entrypoint: 'index.handler',
    bundle_ref: 'data:text/javascript,export function handler() {}',
  },
  createSecret: { name: 'MADE_BY_THE_MATRIX', value: 'x' },
  changeSecret: { value: 'x' },
  claimAccount: { id_token: 'x' },
  signIn: { id_token: 'x' },
  runSql: { query: 'select 1' },
  changeDatabase: { project_id: 'made-by-the-matrix' },
  applyMigration: { name: 'made-by-the-matrix', sql: 'select 1' },
  createUser: { username: 'made-by-the-matrix' },
  putAuthConfig: {
    byo_jwt: { jwks_url: 'https://example.com/jwks', issuer: 'https://example.com', audience: 'a' },
  },
  putDataApi: {},
  createDatabases: { databases: [{ name: 'made-by-the-batch' }] },
  branchDatabase: { name: 'made-by-the-branch' },
  createRestore: { backup_id: 'bkp_00000000000000000000000000', target_name: 'made-by-the-restore' },
  preflightAdoption: { anonymous_customer_id: 'anon_x', anonymous_secret: 'x' },
  adoptDatabases: {
    anonymous_customer_id: 'anon_x',
    anonymous_secret: 'x',
    database_ids: ['db_00000000000000000000000000'],
    idempotency_key: 'made-by-the-matrix',
  },
}

const PROTECTED = ALL_ROUTES.filter((route) => route.access !== 'none')
const OF_A_DATABASE = PROTECTED.filter((route) => route.path.includes('{database_id}'))
const OF_THE_OWNER = PROTECTED.filter((route) => route.access === 'owner')
const OF_THE_ACCOUNT = PROTECTED.filter((route) => route.access === 'account' || route.access === 'owner')
const byName = (routes: readonly Route[]) =>
  routes.map((route): [string, Route] => [route.operationId, route])

function send(route: Route, token: string | null, changes: Partial<typeof own> = {}) {
  const params: Record<string, string> = { ...own, ...changes }
  const path = route.path
    .replace('/customer', '')
    .replaceAll(/\{(\w+)\}/g, (_, name) => params[name] ?? UNKNOWN)
  const body = route.body ? (BODIES[route.operationId] ?? {}) : undefined
  return t.call(route.method.toUpperCase(), path, { token, body })
}

/** In the place of what the matrix has not made: there is no such thing. */
const UNKNOWN = 'unknown'
const isMade = (route: Route) =>
  [...route.path.matchAll(/\{(\w+)\}/g)].every(([, name]) => String(name) in own)

/** No host of functions runs here: what needs it goes as far as the host. */
const WITHOUT_HOST: Record<string, number[]> = { deployFunction: [503] }

/** All that the API stores, save when a token was last used. */
async function stored(): Promise<string> {
  const { rows } = await t.metadata.query(`
    select (select md5(string_agg(x::text, '' order by id)) from databases x) as databases,
           (select md5(string_agg((to_jsonb(x) - 'last_used_at')::text, '' order by id)) from tokens x) as tokens,
           (select md5(string_agg(x::text, '' order by id)) from publishable_keys x) as keys,
           (select md5(string_agg(x::text, '' order by id)) from connect_keys x) as connect_keys,
           (select count(*) from connect_tokens) as connect_tokens,
           (select md5(string_agg(x::text, '' order by database_id)) from auth_configs x) as auth,
           (select md5(string_agg(x::text, '' order by id)) from backups x) as backups,
           (select count(*) from restores) as restores,
           (select count(*) from customers) as customers, (select count(*) from operations) as operations,
           (select count(*) from audit_log) as audit, (select count(*) from idempotency_keys) as replies`)
  return JSON.stringify(rows)
}

describe.each(byName(PROTECTED))('%s', (_, route) => {
  test.each([
    ['no token', () => null],
    ['an empty token', () => ''],
    ['a made-up token', () => '0'.repeat(128)],
    ['a token with SQL in it', () => "' or true --"],
    ['a revoked token', () => tokens.revoked],
    ['an expired token', () => tokens.expired],
    ['a publishable key', () => publishableKey],
  ])('returns 401 with %s, and changes nothing', async (_, token) => {
    const before = await stored()
    const reply = await send(route, token())
    expect([reply.status, reply.json.code]).toEqual([401, 'unauthorized'])
    expect(reply.headers.get('www-authenticate')).toBe('Bearer')
    expect(await stored()).toBe(before)
  })
})

describe.each(byName(OF_A_DATABASE))('%s', (_, route) => {
  test('returns the same 404 for another account’s database and an unknown one, and changes nothing', async () => {
    const before = await stored()
    const foreign = await send(route, tokens.stranger)
    const byName = await send(route, tokens.stranger, { database_id: 'mine' })
    const unknown = await send(route, tokens.stranger, { database_id: 'db_00000000000000000000000000' })
    expect(foreign.status).toBe(404)
    expect(foreign.text).toBe(unknown.text)
    expect(byName.text).toBe(unknown.text)
    expect(await stored()).toBe(before)
  })

  test('returns 403 with a token for another database, and changes nothing', async () => {
    const before = await stored()
    const reply = await send(route, tokens.elsewhere)
    expect([reply.status, reply.json.message]).toEqual([403, 'token does not have access to this database'])
    expect(await stored()).toBe(before)
  })

  const reach = { read: ['ro', 'rw'], write: ['rw'], manage: [] }[String(route.access)] ?? []
  test.each(['ro', 'rw'] as const)(
    `with a token whose access is %s: ${reach.join(' and ') || 'neither'} may`,
    async (access) => {
      const before = await stored()
      const { status } = await send(route, tokens[access])
      if (reach.includes(access)) {
        expect(isMade(route) ? (WITHOUT_HOST[route.operationId] ?? [200, 201, 204]) : [404]).toContain(status)
      } else {
        expect(status).toBe(403)
        expect(await stored()).toBe(before)
      }
    },
  )
})

describe.each(byName(OF_THE_ACCOUNT))('%s', (_, route) => {
  test.each(['ro', 'rw', 'elsewhere'] as const)(
    'is 403 with a token for some databases (%s), and nothing changes',
    async (name) => {
      const before = await stored()
      expect((await send(route, tokens[name])).status).toBe(403)
      expect(await stored()).toBe(before)
    },
  )
})

test.each(byName(OF_THE_OWNER))('%s returns 403 for every account but the owner’s', async (_, route) => {
  expect((await send(route, tokens.stranger)).status).toBe(403)
})

test('returns 404 to a stranger that revokes a token or a key of another account', async () => {
  const before = await stored()
  expect((await t.call('DELETE', `/tokens/${own.token_id}`, { token: tokens.stranger })).status).toBe(404)
  expect(await stored()).toBe(before)
})

test('lists hold what is the caller’s and in its scope alone', async () => {
  const names = async (token: string) =>
    (await t.call('GET', '/databases?all=true', { token })).json.map((row: { name: string }) => row.name)
  expect(await names(tokens.stranger)).toEqual([])
  expect(await names(tokens.ro)).toEqual(['mine'])
  expect(await names(tokens.elsewhere)).toEqual(['mine-too'])
  expect(await names(t.ownerToken)).toEqual(expect.arrayContaining(['mine', 'mine-too']))
})

test.each(byName(ALL_ROUTES.filter(({ body }) => body && !body.raw)))(
  '%s takes no more than its contract says',
  async (_, route) => {
    const before = await stored()
    const path = route.path.replace('/customer', '').replace('{database_id}', own.database_id)
    const token = route.access === 'none' ? null : t.ownerToken
    const body = { ...(BODIES[route.operationId] as object), is_admin: true }
    const reply = await t.call(route.method.toUpperCase(), path, { token, body })
    expect([reply.status, reply.json.message]).toEqual([400, 'is_admin: is not a known field'])
    expect(await stored()).toBe(before)
  },
)

test.each(byName(ALL_ROUTES))(
  '%s returns 400 for a query parameter that it does not know or gets twice, and changes nothing',
  async (_, route) => {
    const path = route.path
      .replace('/customer', '')
      .replaceAll(/\{(\w+)\}/g, (_, name) => own[name as keyof typeof own])
    const body = route.body && (BODIES[route.operationId] ?? {})
    const token = route.access === 'none' ? null : t.ownerToken
    const before = await stored()
    for (const query of ['no_such=1', 'access=rw', 'read_only=false', 'no_such=1&no_such=2']) {
      const reply = await t.call(route.method.toUpperCase(), `${path}?${query}`, { token, body })
      expect([reply.status, reply.json.code]).toEqual([400, 'invalid_request'])
      expect(reply.json.message).toContain(query.split('=')[0])
    }
    expect(await stored()).toBe(before)
  },
)

test('returns 500 with a request id alone for an unexpected error', async () => {
  await t.metadata.query('alter table tokens rename column scope to renamed')
  const reply = await t.call('GET', '/me')
  await t.metadata.query('alter table tokens rename column renamed to scope')
  expect(reply.status).toBe(500)
  expect(reply.json).toEqual({
    message: 'internal error',
    code: 'internal',
    request_id: expect.stringMatching(/^req_/),
  })
  expect(t.logged()).toContain(reply.json.request_id)
})

test('no secret is in the log', () => {
  for (const secret of [...Object.values(tokens), publishableKey, t.ownerToken])
    expect(t.logged()).not.toContain(secret)
})
