/** Connect keys: made, listed and revoked as the reference says, and stored as hashes. */
import { signRequest } from '@db9/internal-api/signature'
import { keysOf, parseVerifier } from '@db9/postgres/scram/verifier'
import { hmacKey } from '@db9/types/crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { INTERNAL_SECRET, startTestApi, type TestApi, toReply } from '../testing/api.ts'

let t: TestApi
let id: string
let ended: { databaseId: string; id: string }[] = []
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('connected')).id
})
afterAll(() => t?.dispose())

const path = (rest = '') => `/databases/${id}/connect-keys${rest}`
const make = async (body: object = {}) => {
  const { status, json, text } = await t.call('POST', path(), { body })
  if (status !== 201) throw new Error(text)
  return json
}
const SALTING = { salt: Buffer.from('salt of the test').toString('base64'), iterations: 4096 }
const verifierOf = async (role = 'admin') =>
  (await t.internal('POST', `/internal/databases/${id}/verifier`, { role, salting: SALTING })).json

async function fits(secret: string, verifier: string): Promise<boolean> {
  const parsed = parseVerifier(verifier)
  return parsed !== null && (await keysOf(secret, parsed)) !== null
}

test('a key is shown once, listed without its value, and no longer once it is revoked', async () => {
  const { connect_key, ...shown } = await make({ name: 'ci', role: 'admin', scopes: [] })
  expect(connect_key).toMatch(/^db9ck_[0-9a-hjkmnp-tv-z]{68}$/)
  expect(shown).toEqual({
    id: expect.stringMatching(/^ck_/),
    name: 'ci',
    role: 'admin',
    scopes: [],
    expires_at: null,
    created_at: expect.any(String),
  })
  const list = await t.call('GET', path())
  expect(list.json).toEqual([shown])
  expect(list.text).not.toContain(connect_key)
  const { rows } = await t.metadata.query('select k::text as text from connect_keys k')
  expect(JSON.stringify(rows)).not.toContain(connect_key.slice(32, 58))
  expect(t.logged()).not.toContain(connect_key)

  const revoked = await t.call('DELETE', path(`/${shown.id}`))
  expect([revoked.status, revoked.json]).toEqual([200, { message: 'Connect key revoked' }])
  expect((await t.call('GET', path())).json).toEqual([])
  expect((await t.call('DELETE', path(`/${shown.id}`))).status).toBe(404)
})

test('no body is needed, and nulls are what leaving a field out means', async () => {
  for (const body of [undefined, {}, { name: null, role: null, scopes: null, expires_in_days: null }]) {
    const { status, json } = await t.call('POST', path(), { body })
    expect(status).toBe(201)
    expect(json).toMatchObject({ name: 'connect-key', role: 'admin', scopes: [], expires_at: null })
    await t.call('DELETE', path(`/${json.id}`))
  }
})

test.each([
  [{ scopes: ['db:admin'] }, 400],
  [{ scopes: 'db:connect' }, 400],
  [{ role: '' }, 422],
  [{ role: 7 }, 400],
  [{ role: 'x'.repeat(64) }, 422],
  [{ role: 'db9_super' }, 422],
  [{ role: 'pg_read_all_data' }, 422],
  [{ role: 'postgres' }, 422],
  [{ role: 'anon' }, 422],
  [{ role: 'authenticator' }, 422],
  [{ role: 'a\0b' }, 400],
  [{ expires_in_days: 0 }, 422],
  [{ expires_in_days: 3651 }, 422],
  [{ name: '' }, 400],
  [{ password: 'x' }, 400],
])('%j is refused with %i, and nothing is made', async (body, status) => {
  const before = (await t.call('GET', path())).json
  expect((await t.call('POST', path(), { body })).status).toBe(status)
  expect((await t.call('GET', path())).json).toEqual(before)
})

test('the data proxy gets verifiers of the live keys of a role, of the salt of its password', async () => {
  const [first, second, ofApp, gone] = [await make(), await make(), await make({ role: 'app' }), await make()]
  await t.call('DELETE', path(`/${gone.id}`))
  const short = await make({ expires_in_days: 1 })
  await t.metadata.query(`update connect_keys set expires_at = now() - interval '1 second' where id = $1`, [
    short.id,
  ])
  const { verifier, held, credentials } = await verifierOf()
  expect(held).toBe(false)
  const salting = parseVerifier(verifier)
  expect(credentials.map((each: { id: string }) => each.id).sort()).toEqual([first.id, second.id].sort())
  for (const each of credentials) {
    expect(parseVerifier(each.verifier)).toMatchObject({
      salt: salting?.salt,
      iterations: salting?.iterations,
    })
    const own = each.id === first.id ? first : second
    expect(await fits(own.connect_key, each.verifier)).toBe(true)
    expect(await fits(ofApp.connect_key, each.verifier)).toBe(false)
  }
  const app = await verifierOf('app')
  expect([app.verifier, app.credentials.length]).toEqual([null, 1])
  expect(parseVerifier(app.credentials[0].verifier)?.salt.toString('base64')).toBe(SALTING.salt)
  expect(await fits(ofApp.connect_key, app.credentials[0].verifier)).toBe(true)
  for (const each of [first, second, ofApp]) await t.call('DELETE', path(`/${each.id}`))
})

test('to look up what logins are judged by wakes no database', async () => {
  const key = await make()
  await t.sql(id, 'select 1')
  await t.engine.stop(id)
  expect((await verifierOf()).credentials).toHaveLength(1)
  expect(t.engine.isRunning(id)).toBe(false)
  await t.call('DELETE', path(`/${key.id}`))
  expect(t.engine.isRunning(id)).toBe(false)
})

test('a key of another installation, and one of a role whose password costs too much to check, opens nothing', async () => {
  const key = await make()
  const elsewhere = await t.restart(t.engine, { encryptionKey: '3c'.repeat(32) })
  const asked = { method: 'POST', path: `/internal/databases/${id}/verifier`, body: '' }
  asked.body = JSON.stringify({ role: 'admin', salting: SALTING })
  const signature = await signRequest(asked, await hmacKey(INTERNAL_SECRET))
  const init = { method: 'POST', headers: { 'x-db9-signature': signature }, body: asked.body }
  const there = await toReply(await elsewhere.fetch(new Request(`http://control${asked.path}`, init)))
  expect([there.status, there.json.credentials]).toEqual([200, []])
  expect((await verifierOf()).credentials).toHaveLength(1)
  await t.sql(
    id,
    `create role slow login password 'SCRAM-SHA-256$9999999:${SALTING.salt}$${'A'.repeat(43)}=:${'A'.repeat(43)}='`,
  )
  const slow = await make({ role: 'slow' })
  expect((await verifierOf('slow')).credentials).toEqual([])
  await elsewhere.close()
  for (const each of [key, slow]) await t.call('DELETE', path(`/${each.id}`))
})

test('a key that is revoked while the data proxy is away is answered 503, is good for nothing, and is ended later', async () => {
  let isAway = true
  const endCredential = async (asked: { databaseId: string; id: string }) => {
    if (isAway) throw new Error('away')
    ended.push(asked)
    return []
  }
  const key = await make()
  const api = await t.restart(t.engine, {}, { endCredential })
  const request = new Request(`http://control/customer${path(`/${key.id}`)}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${t.ownerToken}` },
  })
  const reply = await api.fetch(request)
  expect([reply.status, await reply.text()]).toEqual([503, expect.stringContaining('the key is revoked')])
  expect((await verifierOf()).credentials).toEqual([])
  ended = []
  await api.sweep()
  expect(ended).toEqual([])
  isAway = false
  await api.sweep()
  await api.sweep()
  expect(ended).toEqual([{ databaseId: id, id: key.id }])
})

test('a scoped token lists keys and can neither make nor revoke one, since the key would outlive it', async () => {
  const key = await make()
  for (const access of ['ro', 'rw']) {
    const scope_json = JSON.stringify({ databases: [{ id, access }] })
    const { json: scoped } = await t.call('POST', '/tokens', { body: { scope_json } })
    const { token } = scoped
    expect((await t.call('GET', path(), { token })).status).toBe(200)
    expect((await t.call('POST', path(), { body: {}, token })).status).toBe(403)
    expect((await t.call('DELETE', path(`/${key.id}`), { token })).status).toBe(403)
  }
  expect((await t.call('DELETE', path(`/${key.id}`), { token: await t.anonymous() })).status).toBe(404)
  expect((await verifierOf()).credentials.map((each: { id: string }) => each.id)).toEqual([key.id])
  await t.call('DELETE', path(`/${key.id}`))
})

test('returns 422 after 100 live keys; a deleted user’s keys end with it', async () => {
  await t.metadata.query('delete from connect_keys')
  await t.call('POST', `/databases/${id}/users`, { body: { username: 'worker' } })
  const made = []
  for (let index = 0; index < 100; index++) made.push(await make({ role: 'worker' }))
  expect((await t.call('POST', path(), { body: {} })).status).toBe(422)
  expect((await t.call('DELETE', `/databases/${id}/users/worker`)).status).toBe(200)
  expect((await t.call('GET', path())).json).toEqual([])
  expect((await verifierOf('worker')).credentials).toEqual([])
})
