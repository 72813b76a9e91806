/** Keys and origins in a real workerd: which requests are refused, without a statement. */
import { hmacKey } from '@db9/types/crypto'
import { newId } from '@db9/types/ids'
import { newKeyValue } from '@db9/types/keys'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway, type TestKey } from '../testing/gateway.ts'

let gateway: TestGateway
let key: TestKey
beforeAll(async () => {
  gateway = await startTestGateway()
  key = await gateway.addKey()
})
afterAll(() => gateway?.stop())

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

interface Refused {
  status: number
  body: { code: string; message: string; details: unknown; hint: unknown }
  headers: Headers
}

/** Sends a request and proves that no statement followed from it. */
async function refused(url: string, init: RequestInit = {}): Promise<Refused> {
  const before = gateway.proxy.batches.length
  const reply = await fetch(url, init)
  const text = await reply.text()
  expect(gateway.proxy.batches.length).toBe(before)
  return { status: reply.status, body: JSON.parse(text), headers: reply.headers }
}

describe('a publishable key', () => {
  test('reads with one transaction, as anon', async () => {
    const reply = await fetch(`${key.base}/notes?select=id`, { headers: { apikey: key.value } })
    expect([reply.status, await reply.json()]).toEqual([200, [{ id: 1 }]])
    const batch = gateway.proxy.batches.at(-1)
    expect(batch).toMatchObject({ readOnly: true, statements: [expect.anything(), expect.anything()] })
    expect(batch?.statements[0]?.params).toContain('anon')
  })

  test('is accepted in Authorization alone, and in both headers when it is the same', async () => {
    for (const headers of [
      { authorization: `Bearer ${key.value}` },
      { apikey: key.value, authorization: `Bearer ${key.value}` },
    ] as Record<string, string>[]) {
      expect((await fetch(`${key.base}/notes`, { headers })).status).toBe(200)
    }
  })

  test.each<[string, () => Record<string, string>, number, string]>([
    ['missing', () => ({}), 401, 'DB9001'],
    ['without the right shape', () => ({ apikey: 'db9pk_nonsense' }), 401, 'DB9002'],
    ['made up', () => ({ apikey: `db9pk_${'0'.repeat(68)}` }), 401, 'DB9002'],
    ['cut short', () => ({ apikey: key.value.slice(0, -1) }), 401, 'DB9002'],
    ['a made-up service key', () => ({ apikey: key.value.replace('pk', 'sk') }), 401, 'DB9002'],
    [
      'a service key of a page',
      () => ({ apikey: key.value.replace('pk', 'sk'), origin: 'http://localhost' }),
      401,
      'DB9006',
    ],
    ['a connect key', () => ({ authorization: `Bearer ${key.value.replace('pk', 'ck')}` }), 401, 'DB9004'],
    [
      'one of two',
      () => ({ apikey: key.value, authorization: `Bearer db9pk_${'1'.repeat(68)}` }),
      400,
      'DB9005',
    ],
  ])('that is %s is refused before any lookup', async (_, headers, status, code) => {
    const reads = gateway.control.keyReads
    const reply = await refused(`${key.base}/notes`, { headers: headers() })
    expect([reply.status, reply.body.code]).toEqual([status, code])
    expect(gateway.control.keyReads).toBe(reads)
  })

  test('is never read from the query string', async () => {
    for (const query of [`apikey=${key.value}`, `x=${key.value}`, 'apikey=anything']) {
      expect((await refused(`${key.base}/notes?${query}`)).body.code).toBe('DB9003')
    }
  })

  test('of another database is told so, and one of Supabase as well', async () => {
    const other = await gateway.addKey()
    const reply = (apikey: string) => refused(`${key.base}/notes`, { headers: { apikey } })
    const ofOther = await reply(other.value)
    expect([ofOther.status, ofOther.body]).toMatchObject([401, { code: 'DB9007' }])
    expect(ofOther.body.message).toContain('another database')
    for (const value of ['sb_publishable_abcdef', 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2ln']) {
      const ofSupabase = await reply(value)
      expect([ofSupabase.status, ofSupabase.body]).toMatchObject([401, { code: 'DB9008' }])
      expect(ofSupabase.body.message).toContain('Supabase')
    }
  })

  test('gets the same reply where it is unknown, expired or revoked', async () => {
    const expired = await gateway.addKey((config) => {
      config.key.expires_at = Date.now() - 1
    })
    const revoked = await gateway.addKey((config) => {
      config.key.status = 'revoked'
    })
    const replaced = await gateway.addKey((config) => {
      config.key.sha256 = '0'.repeat(64)
    })
    const disabled = await gateway.addKey((config) => {
      config.database.state = 'DISABLED'
    })
    const secret = await hmacKey('test-key-secret-'.repeat(2))
    const unknown = await newKeyValue('publishableKey', newId('publishableKey'), secret)
    const replies = await Promise.all([
      refused(`${key.base}/notes`, { headers: { apikey: unknown } }),
      refused(`${expired.base}/notes`, { headers: { apikey: expired.value } }),
      refused(`${revoked.base}/notes`, { headers: { apikey: revoked.value } }),
      refused(`${replaced.base}/notes`, { headers: { apikey: replaced.value } }),
      refused(`${disabled.base}/notes`, { headers: { apikey: disabled.value } }),
    ])
    for (const { status, body } of replies) {
      expect([status, body]).toEqual([401, replies[0]?.body])
    }
  })

  test('of a database that is being created gets 503 with Retry-After', async () => {
    const early = await gateway.addKey((config) => {
      config.database.state = 'CREATING'
    })
    const reply = await refused(`${early.base}/notes`, { headers: { apikey: early.value } })
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1'])
  })

  test('that is revoked is refused within a second of the invalidation', async () => {
    const revoked = await gateway.addKey()
    const send = () => fetch(`${revoked.base}/notes`, { headers: { apikey: revoked.value } })
    expect((await send()).status).toBe(200)
    revoked.config.key.status = 'revoked'
    revoked.config.version++
    expect((await gateway.invalidate(revoked)).status).toBe(204)
    const until = Date.now() + 1200
    let last = 0
    while (Date.now() < until) {
      if ((await send()).status === 200) last = Date.now()
      await pause(20)
    }
    expect(last).toBeLessThan(until - 200)
    expect((await refused(`${revoked.base}/notes`, { headers: { apikey: revoked.value } })).status).toBe(401)
  })

  test('works on while the control API is down', async () => {
    const steady = await gateway.addKey()
    const send = () => fetch(`${steady.base}/notes`, { headers: { apikey: steady.value } })
    expect((await send()).status).toBe(200)
    gateway.control.isDown = true
    await pause(1100)
    const reply = await send()
    gateway.control.isDown = false
    expect(reply.status).toBe(200)
  })

  test('whose configuration cannot be read gets 503, and works once it can', async () => {
    const late = await gateway.addKey()
    gateway.control.isDown = true
    const reply = await refused(`${late.base}/notes`, { headers: { apikey: late.value } })
    gateway.control.isDown = false
    expect([reply.status, reply.body.code]).toEqual([503, 'DB9032'])
    expect((await fetch(`${late.base}/notes`, { headers: { apikey: late.value } })).status).toBe(200)
  })
})

describe('an origin', () => {
  const ORIGIN = 'https://app.example.com'
  let listed: TestKey
  beforeAll(async () => {
    listed = await gateway.addKey((config) => {
      config.key.allowed_origins = [ORIGIN, 'https://*.example.org']
      config.byo_jwt = null
    })
  })

  test('on the list is named in the reply', async () => {
    for (const origin of [ORIGIN, 'https://a.b.example.org']) {
      const reply = await fetch(`${listed.base}/notes`, { headers: { apikey: listed.value, origin } })
      expect(reply.status).toBe(200)
      expect(reply.headers.get('access-control-allow-origin')).toBe(origin)
      expect(reply.headers.get('access-control-expose-headers')).toContain('content-range')
      expect(reply.headers.get('access-control-allow-credentials')).toBeNull()
      expect(reply.headers.get('vary')).toMatch(/origin/i)
    }
  })

  test.each<[string | null, number, string]>([
    ['https://evil.example.com', 403, 'DB9013'],
    ['https://example.org', 403, 'DB9013'],
    ['null', 403, 'DB9013'],
    ['https://APP.example.com', 403, 'DB9013'],
    ['https://app.example.com.', 403, 'DB9013'],
    [null, 403, 'DB9012'],
    [`https://${'a'.repeat(600)}.com`, 400, 'DB9011'],
    [`${ORIGIN}, ${ORIGIN}`, 400, 'DB9011'],
  ])('%s is refused before any statement, and a page can read why', async (origin, status, code) => {
    const headers: Record<string, string> = { apikey: listed.value, ...(origin === null ? {} : { origin }) }
    const reply = await refused(`${listed.base}/notes`, { headers })
    expect([reply.status, reply.body.code]).toEqual([status, code])
    expect(reply.headers.get('access-control-allow-origin')).toBe(status === 403 ? origin : null)
    expect(reply.headers.get('vary')).toMatch(/origin/i)
    if (code === 'DB9013') expect(reply.body.message).toContain(`The origin ${origin} `)
  })

  test('may read the errors of its own requests', async () => {
    for (const [path, status] of [
      ['missing', 404],
      ['open_notes', 403],
      ['notes?select=nope', 400],
    ] as [string, number][]) {
      const reply = await refused(`${listed.base}/${path}`, {
        headers: { apikey: listed.value, origin: ORIGIN },
      })
      expect([path, reply.status]).toEqual([path, status])
      expect(reply.headers.get('access-control-allow-origin')).toBe(ORIGIN)
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
      expect(reply.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'")
      expect(reply.headers.get('x-request-id')).toMatch(/^req_/)
    }
    const keyless = await refused(`${listed.base}/notes`, { headers: { origin: ORIGIN } })
    expect([keyless.status, keyless.headers.get('access-control-allow-origin')]).toEqual([401, ORIGIN])
  })

  test('gets preflights answered without a key', async () => {
    const preflight = (origin: string) =>
      fetch(`${listed.base}/notes`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': `x-evil,${' '.repeat(5000)}`,
        },
      })
    const before = gateway.proxy.batches.length
    const allowed = await preflight(ORIGIN)
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(allowed.headers.get('access-control-max-age')).toBe('7200')
    expect(allowed.headers.get('access-control-allow-headers')).toContain('x-retry-count')
    expect(allowed.headers.get('access-control-allow-headers')).toMatch(/^authorization, .*, \*$/)
    expect(allowed.headers.get('access-control-allow-headers')).not.toContain('evil')
    expect(allowed.headers.get('access-control-allow-credentials')).toBeNull()
    expect(allowed.headers.get('vary')).toMatch(/origin/i)
    expect(gateway.proxy.batches.length).toBe(before)
  })
})
