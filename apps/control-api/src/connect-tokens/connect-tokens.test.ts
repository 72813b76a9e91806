/** Connect tokens: JWTs of a key set that is published, good for minutes, for one role of one database. */
import { keysOf, parseVerifier } from '@db9/postgres/scram/verifier'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApi, type TestApi, toReply } from '../testing/api.ts'

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('by-token')).id
})
afterAll(() => t?.dispose())

const path = () => `/databases/${id}/connect-token`
const JWKS = '/.well-known/db9-connect-jwks.json'
const jwks = async (api = t.api): Promise<JSONWebKeySet> =>
  (await (await api.fetch(new Request(`http://control${JWKS}`))).json()) as JSONWebKeySet
const SALTING = { salt: Buffer.from('salt of the test').toString('base64'), iterations: 4096 }
const credentialsOf = async (role = 'admin') => {
  const asked = { role, salting: SALTING }
  return (await t.internal('POST', `/internal/databases/${id}/verifier`, asked)).json.credentials
}

test('a token names role, database and end, and verifies by the published keys', async () => {
  const before = Date.now()
  const { status, json } = await t.call('POST', path(), { body: { role: 'admin' } })
  expect(status).toBe(201)
  const { token, expires_at, ...rest } = json
  expect(rest).toEqual({
    host: '127.0.0.1',
    port: 5433,
    database: 'postgres',
    user: `${id}.admin`,
    fs_websocket_url: null,
    expires_in_seconds: 900,
    tls: 'not_enforced',
  })
  expect(Math.abs(Date.parse(expires_at) - before - 900_000)).toBeLessThan(60_000)
  const set = await jwks()
  expect(set.keys).toEqual([
    { kty: 'RSA', n: expect.any(String), e: 'AQAB', kid: expect.any(String), alg: 'RS256', use: 'sig' },
  ])
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(set), {
    issuer: 'db9',
    audience: 'db9-connect',
    subject: `${id}.admin`,
  })
  expect(protectedHeader).toEqual({ alg: 'RS256', kid: set.keys[0]?.kid, typ: 'JWT' })
  expect(payload).toMatchObject({ role: 'admin', jti: expect.stringMatching(/^ct_/) })
  expect(new Date((payload.exp ?? 0) * 1000).toISOString()).toBe(expires_at)
})

test('neither a token nor a private key is stored in clear or logged', async () => {
  const { json } = await t.call('POST', path())
  const { rows } = await t.metadata.query(
    `select k::text as text from connect_signing_keys k union all select c::text from connect_tokens c`,
  )
  const text = JSON.stringify(rows) + t.logged()
  expect(text).not.toContain(json.token.split('.')[2])
  expect(text).not.toContain('PRIVATE KEY')
  expect(text).not.toMatch(/"d":/)
})

test('the data proxy gets a verifier of each token of the role until it expires', async () => {
  await t.metadata.query('delete from connect_tokens')
  const { json } = await t.call('POST', path(), { body: { role: 'app' } })
  const [credential, ...others] = await credentialsOf('app')
  expect([credential.kind, others, await credentialsOf()]).toEqual(['connect_token', [], []])
  const verifier = parseVerifier(credential.verifier)
  if (!verifier) throw new Error('no verifier')
  expect(await keysOf(json.token, verifier)).not.toBeNull()
  expect(await keysOf(`${json.token}x`, verifier)).toBeNull()
  await t.metadata.query(`update connect_tokens set expires_at = now() - interval '1 second'`)
  expect(await credentialsOf('app')).toEqual([])
})

test('a new key signs after 30 days, and the old one stays published until its last token has expired', async () => {
  await t.metadata.query('delete from connect_signing_keys')
  let now = Date.now()
  const api = await t.restart(t.engine, {}, { clock: () => now })
  const mint = async () => {
    const request = new Request(`http://control/customer${path()}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${t.ownerToken}` },
    })
    const { status, json, text } = await toReply(await api.fetch(request))
    if (status !== 201) throw new Error(text)
    return String(json.token)
  }
  const kids = async () => (await jwks(api)).keys.map(({ kid }) => kid)
  const first = decodeProtectedHeader(await mint()).kid
  now += 30 * 86_400_000 - 1_000
  const last = await mint()
  expect(decodeProtectedHeader(last).kid).toBe(first)
  now += 2_000
  const [one, other] = await Promise.all([mint(), mint()])
  const second = decodeProtectedHeader(one).kid
  expect([second === first, decodeProtectedHeader(other).kid]).toEqual([false, second])
  expect(await kids()).toEqual([second, first])
  now = (decodeJwt(last).exp ?? 0) * 1000
  expect(await kids()).toEqual([second, first])
  await api.sweep()
  expect(await kids()).toEqual([second, first])
  now += 10 * 60_000
  expect(await kids()).toEqual([second])
  await api.sweep()
  const { rows } = await t.metadata.query('select id from connect_signing_keys')
  expect(rows).toEqual([{ id: second }])
  await api.close()
})

test.each([
  [{ role: 'db9_super' }, 422],
  [{ role: 'anon' }, 422],
  [{ role: 'authenticator' }, 422],
  [{ role: '' }, 422],
  [{ role: ['admin'] }, 400],
  [{ expires_in_seconds: 86_400 }, 400],
])('%j is refused with %i, and no token is made', async (body, status) => {
  const count = async () => (await t.metadata.query('select from connect_tokens')).rowCount
  const before = await count()
  expect((await t.call('POST', path(), { body })).status).toBe(status)
  expect(await count()).toBe(before)
})

test('a scoped token makes none; a stranger learns nothing', async () => {
  for (const access of ['ro', 'rw']) {
    const scope_json = JSON.stringify({ databases: [{ id, access }] })
    const { token } = (await t.call('POST', '/tokens', { body: { scope_json } })).json
    expect((await t.call('POST', path(), { token, body: {} })).status).toBe(403)
  }
  expect((await t.call('POST', path(), { token: await t.anonymous(), body: {} })).status).toBe(404)
})

test('returns 429 after 100 tokens that have not expired, and says when there is room again', async () => {
  await t.metadata.query('delete from connect_tokens')
  await t.call('POST', path())
  await t.metadata.query(
    `insert into connect_tokens select 'ct_' || n, database_id, role, token, expires_at, created_at
     from connect_tokens, generate_series(1, 99) n`,
  )
  const refused = await t.call('POST', path())
  expect([refused.status, refused.json.code]).toEqual([429, 'rate_limited'])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  await t.metadata.query(
    `update connect_tokens set expires_at = now() - interval '1 second' where id = 'ct_1'`,
  )
  expect((await t.call('POST', path())).status).toBe(201)
})
