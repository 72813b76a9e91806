/** The cases J of docs/edge-cases.md. Forms of a token that need no Postgres are in apps/gateway/src/auth/jwt.workerd.test.ts too. */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSign,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EdgeStack, GENEROUS, startEdgeStack } from '../../testing/edge.ts'
import { expectStatus, type Reply } from '../../testing/stack.ts'

const SCHEMA = `
  create table notes (id int primary key);
  alter table notes enable row level security;
  create policy open on notes using (true);
  create function whoami() returns json language sql stable as
    $$ select json_build_object('role', current_user, 'claims', auth.jwt()) $$;
`
const now = () => Math.floor(Date.now() / 1000)
const b64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

let edge: EdgeStack
let keySets: KeySets
beforeAll(async () => {
  edge = await startEdgeStack(SCHEMA)
  keySets = await startKeySets()
})
afterAll(async () => {
  await edge?.dispose()
  await keySets?.close()
})

/** Any number of identity providers on one port: each path answers as its test says. */
interface KeySets {
  origin: string
  fetches: Map<string, number>
  answers: Map<string, (response: ServerResponse) => void>
  close(): Promise<void>
}

async function startKeySets(): Promise<KeySets> {
  const answers: KeySets['answers'] = new Map()
  const fetches: KeySets['fetches'] = new Map()
  const server: Server = createServer((request, response) => {
    const path = request.url ?? ''
    fetches.set(path, (fetches.get(path) ?? 0) + 1)
    const answer = answers.get(path)
    response.on('error', () => {})
    if (answer) answer(response)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    fetches,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

const json = (body: unknown) => (response: ServerResponse) =>
  void response.setHeader('content-type', 'application/json').end(JSON.stringify(body))

/** Writes until its reader leaves. */
function endless(response: ServerResponse): void {
  const chunk = ' '.repeat(16_384)
  const more = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 100)
  response.once('close', () => clearInterval(timer))
}

interface Provider {
  path: string
  issuer: string
  send(jwt: string): Promise<Reply>
}

let providers = 0

/** A database whose identity provider answers so. */
async function withProvider(answer: (response: ServerResponse) => void): Promise<Provider> {
  const path = `/${++providers}`
  keySets.answers.set(path, answer)
  const issuer = keySets.origin + path
  const { id } = await edge.createDatabase(`provider-${providers}`, SCHEMA)
  const key = (await edge.createKey(id, GENEROUS)).value
  const byo_jwt = { jwks_url: issuer, issuer, audience: null }
  expectStatus(200, await edge.api('PUT', `/databases/${id}/auth-config`, { auth_mode: 'byo_jwt', byo_jwt }))
  return { path, issuer, send: (jwt) => edge.rest(id, 'notes', { key, jwt }) }
}

/** A token signed by hand, so that header, payload and signature can be anything. */
function forge(header: object | string, payload: object | string, key: KeyObject | string): string {
  const input = `${b64(header)}.${b64(payload)}`
  const parsed = typeof key === 'string' ? createPrivateKey(key) : key
  const signature =
    parsed.asymmetricKeyType === 'rsa'
      ? createSign('sha256').update(input).sign(parsed)
      : sign('sha256', Buffer.from(input), { key: parsed, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

const ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwkOf = (key: KeyObject, more: object = {}) => ({ ...key.export({ format: 'jwk' }), ...more })
const claims = (issuer: string, more: object = {}) => ({ sub: 'ada', iss: issuer, exp: now() + 300, ...more })

async function expectRefused(jwt: string): Promise<void> {
  const reply = await edge.refused('notes', { key: edge.key, jwt })
  expect([reply.status, reply.json.code]).toEqual([401, expect.stringMatching(/^(PGRST30[13]|DB90)/)])
}

describe('a token is 401 and no statement runs when', () => {
  const payload = () => ({ ...claims(edge.idp.issuer), aud: edge.idp.audience })

  test.each([
    'none',
    'None',
    'NONE',
    '',
    7,
    null,
    ['ES256'],
    { ES256: 1 },
    'HS256',
    'ES256K',
    'RS1',
    'PS256',
    'ES512',
  ])('J01 its algorithm is %j', async (alg) => {
    for (const signature of ['', 'AAAA', 'A'.repeat(86)]) {
      await expectRefused(`${b64({ alg, kid: 'key-1' })}.${b64(payload())}.${signature}`)
    }
  })

  test('J01 it names no algorithm', () =>
    expectRefused(`${b64({ kid: 'key-1' })}.${b64(payload())}.${'A'.repeat(86)}`))

  test('J02 a public key is used as a secret, in any of its spellings', async () => {
    const publicKey = createPublicKey({ key: edge.idp.publicJwk as never, format: 'jwk' })
    const secrets = [
      publicKey.export({ format: 'pem', type: 'spki' }),
      publicKey.export({ format: 'der', type: 'spki' }),
      JSON.stringify(edge.idp.publicJwk),
      Buffer.from(String(edge.idp.publicJwk.x), 'base64url'),
    ]
    for (const secret of secrets) {
      const input = `${b64({ alg: 'HS256', kid: 'key-1' })}.${b64(payload())}`
      await expectRefused(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)
    }
  })

  const ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
  test.each([
    ['r = s = 0', Buffer.alloc(64)],
    ['r = n', Buffer.from(`${ORDER}${'01'.repeat(32)}`, 'hex')],
    ['s = n', Buffer.from(`${'01'.repeat(32)}${ORDER}`, 'hex')],
    ['63 bytes', Buffer.alloc(63, 1)],
    ['65 bytes', Buffer.alloc(65, 1)],
    ['DER', Buffer.from('3006020101020101', 'hex')],
  ])('J03 its signature is %s', (_, signature) =>
    expectRefused(
      `${b64({ alg: 'ES256', kid: 'key-1' })}.${b64(payload())}.${signature.toString('base64url')}`,
    ),
  )

  test('J05 it brings a key, an address of keys or a chain, and nothing is fetched', async () => {
    const own = ec()
    const lure = '/lure'
    for (const header of [
      { jwk: jwkOf(own.publicKey) },
      { jku: keySets.origin + lure },
      { x5u: keySets.origin + lure },
      { x5c: ['MIIB'] },
      { crit: ['exp'], exp: 1 },
      { b64: false, crit: ['b64'] },
    ]) {
      await expectRefused(forge({ alg: 'ES256', kid: 'key-1', ...header }, payload(), own.privateKey))
    }
    expect(keySets.fetches.get(lure)).toBeUndefined()
  })

  test.each([
    ['b64', { b64: false }],
    ['zip', { zip: 'DEF' }],
    ['crit', { crit: ['exp'], exp: 1 }],
  ])('J13 its header has %s, which would change what the payload is', async (_, more) => {
    const own = ec()
    const provider = await withProvider(json({ keys: [jwkOf(own.publicKey, { kid: 'a' })] }))
    const sent = (header: object) =>
      provider.send(forge({ alg: 'ES256', kid: 'a', ...header }, claims(provider.issuer), own.privateKey))
    expect((await sent({})).status).toBe(200)
    expect((await sent(more)).status).toBe(401)
  })

  test.each(['a\ud800', '\udc00', 'a\0'])('J16 its subject is %j', async (subject) => {
    await expectRefused(await edge.idp.token(subject))
  })

  test.each([
    'unknown',
    'k'.repeat(10_240),
    '../../dev/null',
    "' or 1=1--",
    '__proto__',
    7,
    null,
    ['key-1'],
    '',
  ])('J06 its kid is %j', async (kid) =>
    expectRefused(forge({ alg: 'ES256', kid }, payload(), ec().privateKey)),
  )

  test('J14 its form is another than three canonical parts', async () => {
    const jwt = await edge.idp.token('ada')
    const [header = '', body = '', signature = ''] = jwt.split('.')
    const last = signature.at(-1) ?? ''
    // Of 64 bytes the last character has four bits that say nothing; one token has one spelling.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const twin = alphabet[alphabet.indexOf(last) + 1] ?? ''
    for (const form of [
      `${header}.${body}`,
      `${jwt}.`,
      `.${jwt}`,
      `${header}.${body}.${signature}.`,
      `${jwt}.${signature}`,
      `${jwt}.a.b`,
      `${jwt}=`,
      `${jwt}==`,
      `${header}=.${body}.${signature}`,
      `${header}.${body}.${signature.slice(0, -1)}${twin}`,
      `${header}.${body}. ${signature}`,
      `${header}.${body}.${signature}\t${signature}`,
      `${header.replaceAll('-', '+')}.${body}.${signature}+/`,
      JSON.stringify({ payload: body, signatures: [{ protected: header, signature }] }),
      JSON.stringify({ payload: body, protected: header, signature }),
    ]) {
      await expectRefused(form)
    }
  })

  test('J15 its JSON could be read in two ways, is no UTF-8, too deep or too large', async () => {
    const good = { header: '{"alg":"ES256","kid":"key-1"}', body: JSON.stringify(payload()) }
    const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`
    const flat = `${'['.repeat(2_000)}${']'.repeat(2_000)}`
    const twice = good.body.replace('{', '{"sub":"eve",')
    const escaped = good.body.replace('{', '{"s\\u0075b":"eve",')
    const forms: [string | Buffer, string | Buffer][] = [
      ['{"alg":"none","alg":"ES256","kid":"key-1"}', good.body],
      [good.header, twice],
      [good.header, escaped],
      [`\ufeff${good.header}`, good.body],
      [good.header, `\ufeff${good.body}`],
      [
        Buffer.concat([Buffer.from('{"alg":"ES256","kid":"'), Buffer.from([0xff]), Buffer.from('"}')]),
        good.body,
      ],
      [
        good.header,
        Buffer.concat([
          Buffer.from(good.body.slice(0, -1)),
          Buffer.from(',"x":"'),
          Buffer.from([0xc3, 0x28]),
          Buffer.from('"}'),
        ]),
      ],
      [good.header, deep],
      [good.header, good.body.replace('{', `{"x":${flat},`)],
      [good.header, '[]'],
      [good.header, 'null'],
      [good.header, '"text"'],
      [good.header, ` ${good.body}`],
      [good.header, `${good.body.slice(0, -1)},}`],
    ]
    for (const [header, body] of forms) {
      const part = (value: string | Buffer) => Buffer.from(value).toString('base64url')
      await expectRefused(`${part(header)}.${part(body)}.${'A'.repeat(86)}`)
    }
    // The runtime may cut off headers of a megabyte by itself; a 9 KiB token is what reaches us.
    await expectRefused(`${b64(good.header)}.${'A'.repeat(9_000)}.${'A'.repeat(86)}`)
    const huge = await edge.withoutSql(() =>
      edge.rest(edge.databaseId, 'notes', { key: edge.key, jwt: 'A'.repeat(1_000_000) }).catch(() => null),
    )
    if (huge) expect([400, 401, 431]).toContain(huge.status)
  })

  test('J26 the payload or the signature is another token’s', async () => {
    const [ada, eve] = [await edge.idp.token('ada'), await edge.idp.token('eve')]
    const [header, , signature] = ada.split('.')
    const [, body] = eve.split('.')
    await expectRefused(`${header}.${body}.${signature}`)
    await expectRefused(`${ada.slice(0, ada.lastIndexOf('.'))}.${eve.split('.')[2]}`)
  })

  test('J29 it was made for the app’s own sign-in: its audience is the client', async () => {
    await expectRefused(
      await edge.idp.token('ada', { audience: 'client-id', claims: { nonce: 'n', azp: 'client-id' } }),
    )
  })
})

describe('keys stay with their issuer', () => {
  test('J07 J08 the same kid, another provider: neither’s tokens pass at the other', async () => {
    const own = ec()
    const other = await withProvider(json({ keys: [jwkOf(own.publicKey, { kid: 'key-1' })] }))
    expect(
      (await other.send(forge({ alg: 'ES256', kid: 'key-1' }, claims(other.issuer), own.privateKey))).status,
    ).toBe(200)
    for (const issuer of [edge.idp.issuer, other.issuer]) {
      const payload = { ...claims(issuer), aud: edge.idp.audience }
      await expectRefused(forge({ alg: 'ES256', kid: 'key-1' }, payload, own.privateKey))
    }
    expect((await other.send(await edge.idp.token('ada'))).status).toBe(401)
    expect((await other.send(await edge.idp.token('ada', { issuer: other.issuer }))).status).toBe(401)
  })

  test('J06 without a kid, of two keys neither is tried', async () => {
    const [one, two] = [ec(), ec()]
    const both = await withProvider(
      json({ keys: [jwkOf(one.publicKey, { kid: 'a' }), jwkOf(two.publicKey, { kid: 'b' })] }),
    )
    expect((await both.send(forge({ alg: 'ES256' }, claims(both.issuer), one.privateKey))).status).toBe(401)
    expect(
      (await both.send(forge({ alg: 'ES256', kid: 'b' }, claims(both.issuer), one.privateKey))).status,
    ).toBe(401)
    expect(
      (await both.send(forge({ alg: 'ES256', kid: 'b' }, claims(both.issuer), two.privateKey))).status,
    ).toBe(200)
  })
})

describe('a good token', () => {
  test.each(['service_role', 'postgres', 'admin', 'authenticator'])(
    'J17 whose role claim is %s runs as authenticated',
    async (role) => {
      const jwt = await edge.idp.token('ada', { claims: { role, app_metadata: { role } } })
      const { json: seen } = expectStatus(
        200,
        await edge.rest(edge.databaseId, 'rpc/whoami', { key: edge.key, jwt }),
      )
      expect([seen.role, seen.claims.role]).toEqual(['authenticated', 'authenticated'])
    },
  )

  test('J18 reaches SQL with any text unchanged, and with too much of it not at all', async () => {
    const odd = `" ' \\ \n $$ {} -- ; \u2028 ${'é'.repeat(100)}`
    const { id } = await edge.createDatabase('all-claims', SCHEMA)
    const key = (await edge.createKey(id, GENEROUS)).value
    const { jwksUrl: jwks_url, issuer, audience } = edge.idp
    const byo_jwt = { jwks_url, issuer, audience, claims_allowlist: ['*'] }
    expectStatus(
      200,
      await edge.api('PUT', `/databases/${id}/auth-config`, { auth_mode: 'byo_jwt', byo_jwt }),
    )
    const send = async (email: string) =>
      edge.rest(id, 'rpc/whoami', { key, jwt: await edge.idp.token('ada', { claims: { email } }) })
    expect((await send(odd)).json.claims.email).toBe(odd)
    expect((await send('x'.repeat(3_000))).status).toBe(200)
    expect((await send('x'.repeat(5_000))).status).toBe(401)
  })

  test.each<[string, number | string]>([
    ['without end', 1e308],
    ['of more than a day', now() + 100_000],
    ['in the past', now() - 120],
    ['written as text', String(now() + 300)],
    ['negative', -1],
  ])('whose exp is %s is 401', async (_, exp) => {
    const own = ec()
    const provider = await withProvider(json({ keys: [jwkOf(own.publicKey, { kid: 'a' })] }))
    const jwt = forge({ alg: 'ES256', kid: 'a' }, { ...claims(provider.issuer), exp }, own.privateKey)
    expect((await provider.send(jwt)).status).toBe(401)
    const infinite = JSON.stringify({ ...claims(provider.issuer), exp: 0 }).replace('"exp":0', '"exp":1e400')
    expect((await provider.send(forge({ alg: 'ES256', kid: 'a' }, infinite, own.privateKey))).status).toBe(
      401,
    )
  })
})

describe('a key set', () => {
  const rsa = (bits: number, exponent = 65_537) =>
    generateKeyPairSync('rsa', { modulusLength: bits, publicExponent: exponent })
  const point = { kty: 'EC', crv: 'P-256', kid: 'a' }
  const zero = Buffer.alloc(32).toString('base64url')
  const ones = Buffer.alloc(32, 1).toString('base64url')

  test.each<[string, () => object, () => KeyObject, string]>([
    ['RSA of 1,024 bits', () => ({ kty: 'RSA' }), () => rsa(1024).privateKey, 'RS256'],
    ['an EC point off the curve', () => ({ ...point, x: ones, y: ones }), () => ec().privateKey, 'ES256'],
    ['the EC point at infinity', () => ({ ...point, x: zero, y: zero }), () => ec().privateKey, 'ES256'],
    [
      'RSA with e = 1',
      () => ({ ...jwkOf(rsa(2048).publicKey), e: 'AQ' }),
      () => rsa(2048).privateKey,
      'RS256',
    ],
    [
      'RSA of 16,384 bits',
      () => ({ kty: 'RSA', e: 'AQAB', n: Buffer.alloc(2048, 255).toString('base64url') }),
      () => rsa(2048).privateKey,
      'RS256',
    ],
  ])('J19 of %s verifies nothing', async (_, makeJwk, makeKey, alg) => {
    const privateKey = makeKey()
    const made = makeJwk()
    const jwk =
      Object.keys(made).length === 1
        ? jwkOf(privateKey, {
            d: undefined,
            p: undefined,
            q: undefined,
            dp: undefined,
            dq: undefined,
            qi: undefined,
          })
        : made
    const provider = await withProvider(json({ keys: [{ ...jwk, kid: 'a' }] }))
    const start = Date.now()
    expect((await provider.send(forge({ alg, kid: 'a' }, claims(provider.issuer), privateKey))).status).toBe(
      401,
    )
    expect(Date.now() - start).toBeLessThan(3_000)
  })

  test('J19 that holds the private key, or a secret, verifies nothing', async () => {
    const own = ec()
    const leaked = await withProvider(json({ keys: [jwkOf(own.privateKey, { kid: 'a' })] }))
    expect(
      (await leaked.send(forge({ alg: 'ES256', kid: 'a' }, claims(leaked.issuer), own.privateKey))).status,
    ).toBe(401)
    const secret = await withProvider(
      json({ keys: [{ kty: 'oct', k: b64('secret'), kid: 'a', alg: 'HS256' }] }),
    )
    const input = `${b64({ alg: 'HS256', kid: 'a' })}.${b64(claims(secret.issuer))}`
    const jwt = `${input}.${createHmac('sha256', 'secret').update(input).digest('base64url')}`
    expect((await secret.send(jwt)).status).toBe(401)
  })

  const MANY = Array.from({ length: 10_000 }, (_, index) => ({ kty: 'EC', kid: `k${index}` }))
  const HOSTILE: [string, (response: ServerResponse) => void][] = [
    [
      'redirects inwards',
      (response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    ],
    [
      'redirects to another path',
      (response) => void response.writeHead(301, { location: '/elsewhere' }).end(),
    ],
    ['is a page', (response) => void response.setHeader('content-type', 'text/html').end('<html>')],
    ['never ends', (response) => void endless(response)],
    [
      'is a bomb',
      (response) =>
        void response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(20_000_000, 32))),
    ],
    ['drips', (response) => void drip(response)],
    ['says nothing', () => undefined],
    ['ends the connection', (response) => void response.destroy()],
    ['is empty', json({ keys: [] })],
    ['is no key set', json({ keys: 'none' })],
    ['is a list', json([])],
    ['has ten thousand keys', json({ keys: MANY })],
    [
      'has odd keys',
      json({ keys: [null, 1, 'x', [], {}, { kty: '__proto__' }, { kty: 'EC', crv: 'P-256', x: 1, y: 2 }] }),
    ],
    ['is 500', (response) => void response.writeHead(500).end('no')],
  ]
  test.each(HOSTILE)(
    'J22 that %s is 401 within 3 s or little more, and not fetched again at once',
    async (_, answer) => {
      const provider = await withProvider(answer)
      const jwt = forge({ alg: 'ES256', kid: 'a' }, claims(provider.issuer), ec().privateKey)
      const start = Date.now()
      const first = await provider.send(jwt)
      expect(Date.now() - start).toBeLessThan(4_500)
      expect([first.status, (await provider.send(jwt)).status]).toEqual([401, 401])
      expect(first.text).not.toMatch(/169\.254|ECONN|at .*\.js/)
      expect(keySets.fetches.get(provider.path)).toBe(1)
      expect(keySets.fetches.get('/elsewhere')).toBeUndefined()
    },
  )

  test('J24 is fetched once, however many first requests there are', async () => {
    const own = ec()
    const body = { keys: [jwkOf(own.publicKey, { kid: 'a' })] }
    const provider = await withProvider((response) => void setTimeout(() => json(body)(response), 200))
    const tokens = Array.from({ length: 1_000 }, (_, index) =>
      forge({ alg: 'ES256', kid: 'a' }, claims(provider.issuer, { sub: `user-${index}` }), own.privateKey),
    )
    const replies = await Promise.all(tokens.map((jwt) => provider.send(jwt)))
    const statuses = new Set(replies.map(({ status }) => status))
    // A thousand statements at once may meet the proxy's queue; a token that is refused would be a 401.
    expect([...statuses].filter((status) => status !== 200 && status !== 429)).toEqual([])
    expect(keySets.fetches.get(provider.path)).toBe(1)
  })

  test('J25 that is given up for another ends its tokens within 1.2 s', async () => {
    const [old, young] = [ec(), ec()]
    const first = await withProvider(json({ keys: [jwkOf(old.publicKey, { kid: 'a' })] }))
    const jwt = forge({ alg: 'ES256', kid: 'a' }, claims(first.issuer), old.privateKey)
    expect((await first.send(jwt)).status).toBe(200)
    keySets.answers.set('/new', json({ keys: [jwkOf(young.publicKey, { kid: 'a' })] }))
    const name = `provider-${providers}`
    const byo_jwt = { jwks_url: `${keySets.origin}/new`, issuer: first.issuer, audience: null }
    expectStatus(
      200,
      await edge.api('PUT', `/databases/${name}/auth-config`, { auth_mode: 'byo_jwt', byo_jwt }),
    )
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect((await first.send(jwt)).status).toBe(401)
  })
})
