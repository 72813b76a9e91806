import { signRequest } from '@db9/internal-api/signature'
import { hmacKey } from '@db9/types/crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { INTERNAL_SECRET, startTestApi, type TestApi, toReply } from '../testing/api.ts'

const SALTING = { salt: 'c2FsdCBvZiB0aGUgdGVzdA==', iterations: 4096 }

let t: TestApi
let id: string
let keyId: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('inner')).id
  keyId = (await t.call('POST', `/databases/${id}/publishable-keys`, { body: {} })).json.id
})
afterAll(() => t?.dispose())

const routes = (): [method: string, path: string, body: string][] => [
  ['GET', `/internal/keys/${keyId}`, ''],
  ['POST', `/internal/databases/${id}/connect`, '{"role":"anon"}'],
  ['POST', `/internal/databases/${id}/verifier`, JSON.stringify({ role: 'admin', salting: SALTING })],
  ['POST', `/internal/databases/${id}/login`, '{"role":"admin"}'],
]

const send = async (method: string, path: string, body: string, headers: Record<string, string>) =>
  toReply(await t.api.fetch(new Request(`http://control${path}`, { method, headers, ...(body && { body }) })))

describe('an internal route', () => {
  test('serves a signed request once and returns 403 for its replay', async () => {
    const key = await hmacKey(INTERNAL_SECRET)
    for (const [method, path, body] of routes()) {
      const headers = { 'x-db9-signature': await signRequest({ method, path, body }, key) }
      expect((await send(method, path, body, headers)).status).toBe(200)
      expect((await send(method, path, body, headers)).status).toBe(403)
    }
  })

  test('returns 403 for a signature that is missing, old, of another secret or of another request', async () => {
    const key = await hmacKey(INTERNAL_SECRET)
    const other = await hmacKey('x'.repeat(40))
    for (const [method, path, body] of routes()) {
      const signatures = [
        '',
        await signRequest({ method, path, body }, other),
        await signRequest({ method, path: `${path}x`, body }, key),
        await signRequest({ method, path, body: `${body} ` }, key),
        await signRequest({ method, path, body }, key, Date.now() - 61_000),
      ]
      for (const signature of signatures) {
        const reply = await send(method, path, body, signature ? { 'x-db9-signature': signature } : {})
        expect(reply.status).toBe(403)
        expect(reply.text).not.toMatch(/sha256|SCRAM|PGSQL/)
      }
      const bearer = await send(method, path, body, { authorization: `Bearer ${t.ownerToken}` })
      expect(bearer.status).toBe(403)
    }
  })

  test('returns 403 for a request that a browser may have sent, also with a valid signature', async () => {
    const key = await hmacKey(INTERNAL_SECRET)
    for (const [name, value] of [
      ['origin', 'https://evil.example'],
      ['sec-fetch-dest', 'empty'],
      ['sec-fetch-site', 'none'],
    ]) {
      for (const [method, path, body] of routes()) {
        const signature = await signRequest({ method, path, body }, key)
        const reply = await send(method, path, body, {
          'x-db9-signature': signature,
          [name ?? '']: value ?? '',
        })
        expect(reply.status).toBe(403)
      }
    }
  })

  test('returns 404 for a key or a database that does not exist', async () => {
    const none = 'db_00000000000000000000000000'
    expect((await t.internal('GET', '/internal/keys/pk_00000000000000000000000000')).status).toBe(404)
    expect((await t.internal('GET', '/internal/keys/nonsense')).status).toBe(404)
    expect((await t.internal('POST', `/internal/databases/${none}/connect`, { role: 'anon' })).status).toBe(
      404,
    )
    const asked = { role: 'admin', salting: SALTING }
    expect((await t.internal('POST', `/internal/databases/${none}/verifier`, asked)).status).toBe(404)
    expect((await t.internal('POST', `/internal/databases/${none}/login`, { role: 'admin' })).status).toBe(
      404,
    )
    expect((await t.internal('POST', '/internal/databases/inner/connect', { role: 'anon' })).status).toBe(404)
  })

  test('returns 400 for a body with unknown fields', async () => {
    for (const body of [{}, { role: 7 }, { role: '' }, { role: 'anon', superuser: true }]) {
      expect((await t.internal('POST', `/internal/databases/${id}/connect`, body)).status).toBe(400)
    }
  })

  test('returns no verifier of a role that cannot log in by password', async () => {
    for (const role of ['anon', 'authenticator', 'nobody-here']) {
      const asked = { role, salting: SALTING }
      const { json } = await t.internal('POST', `/internal/databases/${id}/verifier`, asked)
      expect(json).toEqual({ verifier: null, held: false, credentials: [] })
    }
  })

  test('healthz returns 200 without a signature once the metadata answers', async () => {
    expect((await send('GET', '/internal/healthz', '', {})).json).toEqual({ status: 'ok' })
  })

  test('healthz asks the metadata once a second, and logs once that it does not answer', async () => {
    let now = Date.now()
    const api = await t.restart(t.engine, {}, { clock: () => now })
    const ask = async () => (await api.fetch(new Request('http://control/internal/healthz'))).status
    expect(await ask()).toBe(200)
    await api.close()
    now += 999
    expect(await ask()).toBe(200)
    now += 1
    const start = t.logged().length
    expect([await ask(), await ask(), await ask()]).toEqual([503, 503, 503])
    expect(t.logged().slice(start).split('the metadata does not answer')).toHaveLength(2)
  })
})

describe('the public routes', () => {
  const ask = (
    api: { fetch(request: Request): Promise<Response> },
    path: string,
    headers: Record<string, string>,
  ) =>
    api.fetch(
      new Request(`http://control${path}`, {
        headers: { authorization: `Bearer ${t.ownerToken}`, ...headers },
      }),
    )
  const signed = async (path: string, address: string) => ({
    'x-db9-client-address': address,
    'x-db9-forwarded': await signRequest(
      { method: 'GET', path, body: address },
      await hmacKey(INTERNAL_SECRET),
    ),
  })

  test('serve what the gateway forwards and return 403 to any other client', async () => {
    const api = await t.restart(t.engine, { trustDirect: false })
    const path = '/customer/databases?all=true'
    const once = await signed(path, '192.0.2.1')
    expect([(await ask(api, path, once)).status, (await ask(api, path, once)).status]).toEqual([200, 403])
    expect((await ask(api, path, {})).status).toBe(403)
    expect((await ask(api, path, { 'x-db9-client-address': '192.0.2.1' })).status).toBe(403)
    const forOther = await signed(path, '192.0.2.1')
    expect((await ask(api, path, { ...forOther, 'x-db9-client-address': '192.0.2.2' })).status).toBe(403)
    expect((await ask(api, path, await signed('/customer/me', '192.0.2.1'))).status).toBe(403)
    for (const other of ['/docs', '/openapi.json', '/nothing'])
      expect((await ask(api, other, {})).status).toBe(403)
  })

  test('keep the gateway’s request id and return it', async () => {
    const api = await t.restart(t.engine, { trustDirect: false })
    const headers = { ...(await signed('/customer/me', '192.0.2.1')), 'x-request-id': 'req_of-the-gateway' }
    expect((await ask(api, '/customer/me', headers)).headers.get('x-request-id')).toBe('req_of-the-gateway')
    expect(t.logged()).toContain('req_of-the-gateway')
  })
})
