/** Requests that fail, limited by address, in a real workerd that lets one fail each second and five at once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'
import { forgeToken, startIssuer, type TestIssuer } from '../testing/identity.ts'

let gateway: TestGateway
let issuer: TestIssuer
let key: TestKey
beforeAll(async () => {
  issuer = await startIssuer()
  gateway = await startTestGateway({ failedRequests: 1, trustedProxies: '127.0.0.1' })
  key = await gateway.addKey((config) => {
    config.byo_jwt = issuer.config
  })
})
afterAll(async () => {
  await gateway?.stop()
  await issuer?.close()
})

/** Each test has addresses of its own, of a documentation block. */
let tests = 0
const newAddress = () => `192.0.2.${++tests}`

const ORIGIN = 'https://app.example'
const get = (url: string, address: string, headers: Record<string, string> = {}) =>
  fetch(url, { headers: { 'x-forwarded-for': address, origin: ORIGIN, ...headers } })
const notes = (address: string, headers: Record<string, string> = {}) =>
  get(`${key.base}/notes`, address, { apikey: key.value, ...headers })
const bearer = (jwt: string) => ({ authorization: `Bearer ${jwt}` })

const forged = () =>
  forgeToken({ alg: 'ES256', kid: 'key-1' }, { iss: issuer.issuer, sub: 'eve', exp: 4e9 }, 'A'.repeat(86))

/** Sends until 429 comes; gives how many were answered before, and the 429. */
async function untilRefused(send: () => Promise<Response>): Promise<{ before: number[]; refused: Response }> {
  const before: number[] = []
  for (;;) {
    const reply = await send()
    if (reply.status === 429) return { before, refused: reply }
    await reply.arrayBuffer()
    before.push(reply.status)
    if (before.length > 500) throw new Error(`none of ${before.length} requests was refused`)
  }
}

describe.each<[string, number, (address: string) => Promise<Response>]>([
  ['forged tokens', 401, (address) => notes(address, bearer(forged()))],
  ['made-up keys', 401, (address) => notes(address, { apikey: 'db9pk_wrong' })],
  ['no key', 401, (address) => get(`${key.base}/notes`, address)],
  ['keys of another database', 401, async (address) => notes(address, { apikey: (await other()).value })],
  ['unknown databases', 404, (address) => get(`${gateway.url}/db/db_none/rest/v1/notes`, address)],
])('R08 %s', (_, status, send) => {
  test('are answered, and then refused for a while', async () => {
    const address = newAddress()
    const before = gateway.proxy.batches.length
    const { before: answered, refused } = await untilRefused(() => send(address))
    expect(answered.length).toBeGreaterThanOrEqual(5)
    expect(new Set(answered)).toEqual(new Set([status]))
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(await refused.json()).toMatchObject({ code: 'DB9033' })
    expect(gateway.proxy.batches.length).toBe(before)
    // Another address has a bucket of its own.
    expect((await send(newAddress())).status).toBe(status)
  })
})

const made: TestKey[] = []
async function other(): Promise<TestKey> {
  made[0] ??= await gateway.addKey()
  return made[0]
}

test('a page can read the refusal', async () => {
  const address = newAddress()
  const { refused } = await untilRefused(() => notes(address, bearer(forged())))
  expect(refused.headers.get('access-control-allow-origin')).toBe(ORIGIN)
})

test('each refusal of an address with too many failures is kept back', async () => {
  const address = newAddress()
  const send = () => notes(address, { apikey: 'db9pk_wrong' })
  await untilRefused(send)
  const start = performance.now()
  expect((await send()).status).toBe(429)
  // A timer may fire a little early.
  expect(performance.now() - start).toBeGreaterThan(190)
})

test('a caller who was identified before is served at the same address', async () => {
  const address = newAddress()
  const good = bearer(await issuer.token())
  expect((await notes(address, good)).status).toBe(200)
  await untilRefused(() => notes(address, bearer(forged())))
  expect((await notes(address, good)).status).toBe(200)
  expect((await notes(address)).status).toBe(200)
  // A key that was not used here before.
  const fresh = await gateway.addKey()
  expect((await get(`${fresh.base}/notes`, address, { apikey: fresh.value })).status).toBe(200)
})

test('a new user of the address is served after some tries', async () => {
  const address = newAddress()
  await untilRefused(() => notes(address, bearer(forged())))
  const good = bearer(await issuer.token({ claims: { sub: 'new' } }))
  await expect.poll(async () => (await notes(address, good)).status, { timeout: 20_000 }).toBe(200)
})

test('a token that was good and is revoked counts as a failure', async () => {
  const address = newAddress()
  const own = await gateway.addKey((config) => {
    config.byo_jwt = { ...issuer.config }
  })
  const good = bearer(await issuer.token({ claims: { sub: 'leaver' } }))
  const send = () => get(`${own.base}/notes`, address, { apikey: own.value, ...good })
  expect((await send()).status).toBe(200)
  own.config.version++
  own.config.byo_jwt = { ...issuer.config, min_issued_at: '2990-01-01T00:00:00Z' }
  await gateway.invalidate(own)
  const { before } = await untilRefused(send)
  expect(new Set(before)).toEqual(new Set([401]))
})

test('addresses of one /64 count together, and those of another /64 apart', async () => {
  let host = 0
  const { before } = await untilRefused(() =>
    notes(`2001:db8:1:1::${(++host).toString(16)}`, bearer(forged())),
  )
  expect(before.length).toBeLessThan(500)
  expect((await notes('2001:db8:1:2::1', bearer(forged()))).status).toBe(401)
})

test('failures that the key pays for are not counted', async () => {
  const address = newAddress()
  const statuses = new Set<number>()
  for (let i = 0; i < 30; i++)
    statuses.add((await get(`${key.base}/nothing`, address, { apikey: key.value })).status)
  expect(statuses).toEqual(new Set([404]))
})

describe('the REST API', () => {
  const me = (address: string, token: string | null, path = '/customer/me') =>
    get(gateway.url + path, address, { origin: gateway.url, ...(token ? bearer(token) : {}) })

  test('bad tokens are refused before they are forwarded, and good ones are forwarded', async () => {
    const address = newAddress()
    expect((await me(address, 'good')).status).toBe(200)
    const heard = gateway.control.forwarded.length
    const { before, refused } = await untilRefused(() => me(address, 'bad'))
    expect(gateway.control.forwarded.length).toBe(heard + before.length)
    expect(new Set(before)).toEqual(new Set([401]))
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(await refused.json()).toMatchObject({ message: expect.stringContaining('this address') })
    expect((await me(address, 'good')).status).toBe(200)
    expect((await get(`${gateway.url}/docs`, address, { origin: gateway.url })).status).toBe(200)
  })

  test('a caller with a good token may ask for things that do not exist', async () => {
    const address = newAddress()
    await me(address, 'good')
    const statuses = new Set<number>()
    for (let i = 0; i < 30; i++)
      statuses.add((await me(address, 'good', '/customer/databases/db_none')).status)
    expect(statuses).toEqual(new Set([404]))
  })

  test('requests for paths without a route are refused in the end', async () => {
    const address = newAddress()
    const { before } = await untilRefused(() => get(`${gateway.url}/.env`, address))
    expect(new Set(before)).toEqual(new Set([404]))
  })
})

test('an invalidation is accepted while its address has too many failures', async () => {
  await untilRefused(() => get(`${gateway.url}/.env`, '127.0.0.1'))
  expect((await gateway.invalidate(key)).status).toBe(204)
})
