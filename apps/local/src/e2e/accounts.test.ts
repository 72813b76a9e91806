/** Accounts over HTTP, as a client of the REST API would have them: register, claim, sign in, delete. */
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startIdentityProvider, type TestIdentityProvider } from '../testing/identity.ts'
import { type Reply, startTestStack, type TestStack } from '../testing/stack.ts'

let idp: TestIdentityProvider
let stack: TestStack
beforeAll(async () => {
  idp = await startIdentityProvider()
  stack = await startTestStack({
    allowLocalJwks: true,
    anonymousRegistration: true,
    identityProviders: [{ issuer: idp.issuer, audience: idp.audience, jwks_url: idp.jwksUrl }],
  })
})
afterAll(async () => {
  await stack?.dispose()
  await idp?.close()
})

const as = (token: string | null, method: string, path: string, body?: unknown): Promise<Reply> =>
  stack.api(method, path, body, { authorization: token === null ? '' : `Bearer ${token}` })
const idToken = (subject: string) =>
  idp.token(subject, { claims: { email: `${subject}@example.com`, email_verified: true } })

async function canConnect(connectionString: string): Promise<boolean> {
  const client = new pg.Client(connectionString)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

test('an anonymous account is claimed, signed in to again, and deleted with its databases', async () => {
  const account = (await as(null, 'POST', '/anonymous-register')).json
  const database = (await as(account.token, 'POST', '/databases', { name: 'mine' })).json
  expect(await canConnect(database.connection_string)).toBe(true)

  const claimed = await as(account.token, 'POST', '/claim', { id_token: await idToken('ada') })
  expect([claimed.status, claimed.json]).toMatchObject([200, { email: 'ada@example.com', claimed: true }])
  expect((await as(account.token, 'GET', '/me')).status).toBe(401)
  const signedIn = await as(null, 'POST', '/sso/callback', { id_token: await idToken('ada') })
  expect(signedIn.json.id).toBe(claimed.json.id)
  const { token } = signedIn.json
  expect((await as(token, 'GET', '/databases')).json).toMatchObject([{ id: database.id }])
  expect((await as(token, 'GET', '/me')).json).toMatchObject({
    is_anonymous: false,
    email: 'ada@example.com',
  })

  expect((await as(token, 'DELETE', '/me')).json).toEqual({ message: 'Account deleted', databases: 1 })
  for (const each of [token, claimed.json.token]) expect((await as(each, 'GET', '/me')).status).toBe(401)
  expect(await canConnect(database.connection_string)).toBe(false)
  expect((await as(null, 'POST', '/sso/callback', { id_token: await idToken('ada') })).status).toBe(403)
})

test('an id_token of another provider, or of another client, claims nothing', async () => {
  const { token } = (await as(null, 'POST', '/anonymous-register')).json
  const other = await startIdentityProvider()
  const verified = { claims: { email: 'eve@example.com', email_verified: true } }
  const forged = [
    await other.token('eve', verified),
    await other.token('eve', { ...verified, issuer: idp.issuer, audience: idp.audience }),
    await idp.token('eve', { ...verified, audience: 'another-app' }),
    await idp.token('eve', { claims: { email: 'eve@example.com' } }),
  ]
  for (const id_token of forged) expect((await as(token, 'POST', '/claim', { id_token })).status).toBe(401)
  expect((await as(token, 'GET', '/me')).json).toMatchObject({ is_anonymous: true, email: null })
  await other.close()
})

test('the owner sees which requests of an app were refused, and why', async () => {
  const { id } = await stack.createDatabase('shown', 'create table posts (id int primary key)')
  const key = await stack.createKey(id, { allowed_origins: ['https://app.example'] })
  await stack.rest(id, 'posts?id=eq.42', { key: key.value, origin: 'https://evil.example' })
  await stack.rest(id, 'posts?id=eq.42', { key: key.value, origin: 'https://app.example' })
  const list = async () => (await stack.api('GET', `/databases/${id}/requests`)).json
  await expect.poll(list, { timeout: 10_000 }).toMatchObject([
    { status: 403, code: 'DB9201', origin: 'https://app.example', key_id: key.id, route: '/rest/v1/posts' },
    { status: 403, code: 'DB9013', origin: 'https://evil.example', key_id: key.id, method: 'GET' },
  ])
  expect(JSON.stringify(await list())).not.toContain('42')
  expect((await stack.api('GET', `/databases/${id}/requests?limit=1`)).json).toHaveLength(1)
})
