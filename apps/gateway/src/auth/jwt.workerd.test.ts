/** JWTs of an identity provider, in a real workerd. */
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'
import { forgeToken, startIssuer, type TestIssuer, type TokenOptions } from '../testing/identity.ts'

let gateway: TestGateway
let issuer: TestIssuer
let key: TestKey
beforeAll(async () => {
  issuer = await startIssuer()
  gateway = await startTestGateway()
  key = await gateway.addKey((config) => {
    config.byo_jwt = issuer.config
  })
})
afterAll(async () => {
  await gateway?.stop()
  await issuer?.close()
})

const send = (jwt: string, on: TestKey = key) =>
  fetch(`${on.base}/notes`, { headers: { apikey: on.value, authorization: `Bearer ${jwt}` } })

async function expectRefused(jwt: string, on: TestKey = key): Promise<{ code: string; details: unknown }> {
  const before = gateway.proxy.batches.length
  const reply = await send(jwt, on)
  const body = (await reply.json()) as { code: string; details: unknown }
  expect([reply.status, body.code]).toEqual([401, expect.stringMatching(/^(PGRST30[13]|DB9021)$/)])
  expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/)
  expect(reply.headers.get('cache-control')).toBe('private, no-store')
  expect(gateway.proxy.batches.length).toBe(before)
  return body
}

/** What a 401 says of a key set that may lie on this machine, whatever is wrong with it. */
const UNTOLD =
  'The key set of the identity provider cannot be used: no usable keys were fetched; the log of the gateway says why'

function lastClaims(): unknown {
  const setup = gateway.proxy.batches.at(-1)?.statements[0]?.params ?? []
  return JSON.parse(setup.find((param) => param?.startsWith('{"') && param.includes('"role"')) ?? '{}')
}

describe('a good token', () => {
  test('makes the request authenticated, with the claims that the database lets through', async () => {
    const jwt = await issuer.token({ claims: { email: 'ada@example.com', role: 'service_role', extra: 1 } })
    const reply = await send(jwt)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('cache-control')).toBe('private, no-store')
    expect(gateway.proxy.batches.at(-1)?.statements[0]?.params).toContain('authenticated')
    expect(lastClaims()).toEqual({
      sub: 'ada',
      role: 'authenticated',
      iss: issuer.issuer,
      aud: 'app',
      exp: expect.any(Number),
      iat: expect.any(Number),
      email: 'ada@example.com',
    })
  })

  test('is accepted from each of several issuers, with the keys of that issuer alone', async () => {
    const [first, second] = [await startIssuer(), await startIssuer()]
    const on = await gateway.addKey((config) => {
      config.byo_jwt = { ...first.config, additional_issuers: [second.config] }
    })
    expect((await send(await first.token(), on)).status).toBe(200)
    expect((await send(await second.token(), on)).status).toBe(200)
    // Both sets name their key alike; what counts is whose token it says it is.
    await expectRefused(await first.token({ key: second.privateKey }), on)
    await expectRefused(await second.token({ key: first.privateKey }), on)
    await expectRefused(await issuer.token(), on)
    await Promise.all([first.close(), second.close()])
  })

  test('is refused within a second of a change that signs all users out', async () => {
    const on = await gateway.addKey((config) => {
      config.byo_jwt = issuer.config
    })
    const jwt = await issuer.token()
    expect((await send(jwt, on)).status).toBe(200)
    on.config.version++
    on.config.byo_jwt = { ...issuer.config, min_issued_at: new Date(Date.now() + 60_000).toISOString() }
    await gateway.invalidate(on)
    await expectRefused(jwt, on)
  })

  test.each(['RS256', 'EdDSA'])('may be signed with %s', async (alg) => {
    const own = await startIssuer()
    const { publicKey, privateKey } = await generateKeyPair(alg)
    const jwk = { ...(await exportJWK(publicKey)), kid: 'other' }
    own.reply.body = JSON.stringify({ keys: [own.publicJwk, jwk] })
    const on = await gateway.addKey((config) => {
      config.byo_jwt = own.config
    })
    const header = { alg, kid: 'other' }
    expect((await send(await own.token({ header, key: privateKey }), on)).status).toBe(200)
    await expectRefused(await own.token({ header: { alg, kid: 'key-1' }, key: privateKey }), on)
    await own.close()
  })

  test('needs no kid while one key of the set fits, and a kid where two fit', async () => {
    const own = await startIssuer()
    const on = await gateway.addKey((config) => {
      config.byo_jwt = own.config
    })
    const header = { kid: undefined as unknown as string }
    expect((await send(await own.token({ header }), on)).status).toBe(200)
    await own.close()
    const pair = await startIssuer()
    const { publicKey } = await generateKeyPair('ES256')
    pair.reply.body = JSON.stringify({
      keys: [pair.publicJwk, { ...(await exportJWK(publicKey)), kid: 'key-2' }],
    })
    const both = await gateway.addKey((config) => {
      config.byo_jwt = pair.config
    })
    await expectRefused(await pair.token({ header }), both)
    await pair.close()
  })

  test('never shows its headers to SQL', async () => {
    const jwt = await issuer.token()
    await fetch(`${key.base}/notes`, {
      headers: { apikey: key.value, authorization: `Bearer ${jwt}`, cookie: 'a=b', 'x-db9-role': 'admin' },
    })
    const text = JSON.stringify(gateway.proxy.batches.at(-1)?.statements)
    for (const secret of [jwt, key.value, 'a=b', 'x-db9-role']) expect(text).not.toContain(secret)
  })

  test('carries any text in its claims unchanged', async () => {
    const email = `" ' \\ \n $$ {} ${'x'.repeat(3000)}`
    expect((await send(await issuer.token({ claims: { email } }))).status).toBe(200)
    expect(lastClaims()).toMatchObject({ email })
  })
})

describe('a token is refused, and no statement sent, when', () => {
  const now = Math.floor(Date.now() / 1000)
  test.each<[string, TokenOptions]>([
    ['it has expired', { claims: { exp: now - 120 } }],
    ['it never expires', { claims: { exp: Number.POSITIVE_INFINITY } }],
    ['it has no exp', { without: ['exp'] }],
    ['its exp is a text', { claims: { exp: '9999999999' as unknown as number } }],
    ['it is good for longer than a day', { claims: { exp: now + 90_000 } }],
    ['it is not valid yet', { claims: { nbf: now + 600 } }],
    ['it was issued in the future', { claims: { iat: now + 600, exp: now + 900 } }],
    ['its issuer is another', { claims: { iss: 'https://evil.example' } }],
    ['it has no issuer', { without: ['iss'] }],
    ['its audience is another', { claims: { aud: 'other' } }],
    ['it has no audience', { without: ['aud'] }],
    ['it has no subject', { without: ['sub'] }],
    ['its subject is empty', { claims: { sub: '' } }],
    ['its subject has a NUL', { claims: { sub: 'a\0b' } }],
    ['its subject is no text', { claims: { sub: 7 as unknown as string } }],
    ['its subject is too long', { claims: { sub: 'x'.repeat(256) } }],
    ['its claims are too large', { claims: { email: 'x'.repeat(5000) } }],
    ['its kid is unknown', { header: { kid: 'nobody' } }],
    ['its kid is a path', { header: { kid: '../../dev/null' } }],
    ['its kid is __proto__', { header: { kid: '__proto__' } }],
    ['its kid is huge', { header: { kid: 'k'.repeat(10_000) } }],
  ])('%s', async (_, options) => {
    await expectRefused(await issuer.token(options))
  })

  test('it is signed by another key under the right kid', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    await expectRefused(await issuer.token({ key: privateKey }))
  })

  test('it is HS256 with the public key as its secret', async () => {
    const { alg: _, ...jwk } = issuer.publicJwk
    const publicKey = await importJWK(jwk, 'ES256', { extractable: true })
    for (const secret of [await exportSPKI(publicKey as CryptoKey), JSON.stringify(issuer.publicJwk)]) {
      const jwt = await issuer.token({ header: { alg: 'HS256' }, key: new TextEncoder().encode(secret) })
      await expectRefused(jwt)
    }
  })

  test('it brings its own key, and nothing is fetched for it', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const fetches = issuer.fetches
    for (const header of [
      { jwk: issuer.publicJwk },
      { jku: `${issuer.issuer}/evil.json` },
      { x5u: `${issuer.issuer}/evil.pem` },
    ]) {
      await expectRefused(await issuer.token({ header, key: privateKey }))
    }
    expect(issuer.fetches).toBe(fetches)
  })

  test('its algorithm is none, or no text', async () => {
    const payload = { sub: 'ada', iss: issuer.issuer, aud: 'app', exp: now + 300 }
    for (const alg of ['none', 'None', 'NONE', '', undefined, ['ES256'], 7, null]) {
      await expectRefused(forgeToken({ alg, kid: 'key-1' }, payload))
      await expectRefused(`${forgeToken({ alg, kid: 'key-1' }, payload).replace(/[^.]+$/, '')}`)
    }
  })

  test('its form is not that of a single signed JWT', async () => {
    const jwt = await issuer.token()
    const [header = '', payload = '', signature = ''] = jwt.split('.')
    const forms = [
      '',
      'x',
      `${header}.${payload}`,
      `${jwt}.${signature}`,
      `${jwt}.a`,
      `${jwt}.`,
      `${jwt}=`,
      `${header}.${payload}.${signature.slice(0, -1)}`,
      `${header}. ${payload}.${signature}`,
      `${header}.${payload}.${'A'.repeat(86)}`,
      `${header}.${payload}.${Buffer.from('r'.repeat(64)).toString('base64url')}`,
      `${header}.${'A'.repeat(9000)}.${signature}`,
    ]
    for (const form of forms) await expectRefused(form)
  })

  test('a name is used twice in its header or payload', async () => {
    const jwt = await issuer.token()
    const [header = '', , signature] = jwt.split('.')
    const payload = `{"sub":"eve","sub":"ada","iss":"${issuer.issuer}","aud":"app","exp":${now + 300}}`
    await expectRefused(forgeToken(Buffer.from(header, 'base64url').toString(), payload, signature))
    await expectRefused(forgeToken('{"alg":"none","alg":"ES256","kid":"key-1"}', payload, signature))
  })

  test('a single bit of it was changed', async () => {
    const jwt = await issuer.token({ claims: { jti: 'bits' } })
    expect((await send(jwt)).status).toBe(200)
    const steps = Array.from({ length: 40 }, (_, index) => Math.floor((index * jwt.length) / 40))
    for (const at of steps) {
      if (jwt[at] === '.') continue
      const changed = String.fromCharCode(jwt.charCodeAt(at) ^ 1)
      const flipped = jwt.slice(0, at) + changed + jwt.slice(at + 1)
      await expectRefused(flipped)
    }
  })

  test('the database has no identity provider', async () => {
    const plain = await gateway.addKey()
    expect((await expectRefused(await issuer.token(), plain)).code).toBe('DB9021')
  })

  test('it is of another database’s provider', async () => {
    const other = await startIssuer()
    const foreign = await gateway.addKey((config) => {
      config.byo_jwt = other.config
    })
    await expectRefused(await issuer.token(), foreign)
    await other.close()
  })
})

describe('the key set of a provider', () => {
  async function withIssuer(reply: Partial<TestIssuer['reply']>): Promise<{ own: TestIssuer; on: TestKey }> {
    const own = await startIssuer()
    own.reply = { ...own.reply, ...reply }
    const on = await gateway.addKey((config) => {
      config.byo_jwt = own.config
    })
    return { own, on }
  }

  test('is fetched once for many first requests', async () => {
    const { own, on } = await withIssuer({ delayMs: 50 })
    const tokens = await Promise.all(
      Array.from({ length: 60 }, (_, i) => own.token({ claims: { sub: `user-${i}` } })),
    )
    const replies = await Promise.all(tokens.map((jwt) => send(jwt, on)))
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200))
    expect(own.fetches).toBe(1)
    await own.close()
  })

  test('is not fetched for each unknown kid', async () => {
    const { own, on } = await withIssuer({})
    expect((await send(await own.token(), on)).status).toBe(200)
    for (let i = 0; i < 20; i++) await expectRefused(await own.token({ header: { kid: `made-up-${i}` } }), on)
    expect(own.fetches).toBeLessThanOrEqual(2)
    await own.close()
  })

  test.each<[string, Partial<TestIssuer['reply']>]>([
    ['redirects', { status: 302, headers: { location: 'http://169.254.169.254/' }, body: '' }],
    ['fails', { status: 500, body: 'no' }],
    ['is no JSON', { body: '<html>' }],
    ['is empty', { body: '{"keys":[]}' }],
    ['is too large', { body: JSON.stringify({ keys: [], filler: 'x'.repeat(100_000) }) }],
    ['holds only secrets', { body: '{"keys":[{"kty":"oct","k":"AAAA","alg":"HS256","kid":"key-1"}]}' }],
  ])('that %s gives 401, and is not fetched again at once', async (_, reply) => {
    const { own, on } = await withIssuer(reply)
    const { details } = await expectRefused(await own.token(), on)
    // Which of them it is would tell what answers on this machine.
    expect(details).toBe(UNTOLD)
    await expectRefused(await own.token(), on)
    expect(own.fetches).toBe(1)
    await own.close()
  })

  test.each<[string, Partial<TestIssuer['reply']>]>([
    ['answers late', { delayMs: 6000 }],
    ['drips', { drip: true }],
  ])('that %s is abandoned after 3 s', async (_, reply) => {
    const { own, on } = await withIssuer(reply)
    const start = Date.now()
    const { details } = await expectRefused(await own.token(), on)
    expect(Date.now() - start).toBeLessThan(4500)
    expect(details).toBe(UNTOLD)
    expect(gateway.log()).toContain('it did not answer in time')
    await own.close()
  })

  test('at a private address is not fetched unless the installation allows it', async () => {
    const strict = await startTestGateway({ allowLocalJwks: false })
    const guarded = await strict.addKey((config) => {
      config.byo_jwt = { ...issuer.config, jwks_url: issuer.jwksUrl.replace('http:', 'https:') }
    })
    const fetches = issuer.fetches
    const reply = await send(await issuer.token(), guarded)
    expect(reply.status).toBe(401)
    expect(issuer.fetches).toBe(fetches)
    await strict.stop()
  })
})
