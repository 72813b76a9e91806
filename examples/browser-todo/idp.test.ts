import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IdentityProvider, parseUserName, startIdentityProvider } from './idp.ts'

const PAGE = 'http://127.0.0.1:5173'
let idp: IdentityProvider

beforeAll(async () => {
  idp = await startIdentityProvider({ allowedOrigins: [PAGE], lifetimeSeconds: 60 })
})
afterAll(() => idp.stop())

function signIn(body: string, origin = PAGE): Promise<Response> {
  return fetch(`${idp.url}/token`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body,
  })
}

describe('the identity provider of the example', () => {
  test('a token it gives verifies by its JWKS, with subject, issuer, audience and a short life', async () => {
    const response = await signIn('{"username":" Alice "}')
    expect(response.headers.get('access-control-allow-origin')).toBe(PAGE)
    const { access_token, user } = await response.json()
    const jwks = createRemoteJWKSet(new URL(idp.jwksUrl))
    const { payload, protectedHeader } = await jwtVerify(access_token, jwks, {
      issuer: idp.issuer,
      audience: idp.audience,
    })
    expect(user).toBe('alice')
    expect(payload.sub).toBe('alice')
    expect(protectedHeader.alg).toBe('ES256')
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60)
  })

  test('its JWKS holds no private part of the key', async () => {
    const { keys } = await (await fetch(idp.jwksUrl)).json()
    expect(Object.keys(keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  })

  test('a page of another origin signs nobody in', async () => {
    const response = await signIn('{"username":"alice"}', 'http://127.0.0.1:5999')
    expect(response.status).toBe(403)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    expect(await response.text()).not.toContain('access_token')
  })

  test('what is no user name is refused, and a body over the limit too', async () => {
    expect((await signIn('{"username":"a b"}')).status).toBe(400)
    expect((await signIn('not json')).status).toBe(400)
    expect((await signIn(`{"username":"${'a'.repeat(2000)}"}`)).status).toBe(413)
  })
})

test('parseUserName reads names in lower case and nothing else', () => {
  expect(parseUserName('{"username":"Bob-7"}')).toBe('bob-7')
  for (const body of ['{}', 'null', '{"username":7}', '{"username":""}', '{"username":"../x"}', '']) {
    expect(parseUserName(body)).toBeNull()
  }
})
