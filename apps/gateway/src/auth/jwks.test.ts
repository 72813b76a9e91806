/** Which keys of a key set are usable, and what a fetch of one refuses. */
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { fetchKeys, usableKeys } from './jwks.ts'

async function jwk(alg: string, options = {}): Promise<{ open: JWK; secret: JWK }> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, ...options })
  return { open: await exportJWK(publicKey), secret: await exportJWK(privateKey) }
}
const ec = await jwk('ES256')
const rsa = await jwk('RS256')
const ed = await jwk('EdDSA')
const kidsOf = (...keys: unknown[]) => usableKeys({ keys })?.map(({ kid, alg }) => [kid, alg])

describe('usableKeys', () => {
  test('keeps public keys of the three kinds, with their algorithms', () => {
    const keys = [
      { ...ec.open, kid: 'a', use: 'sig' },
      { ...rsa.open, kid: 'b', alg: 'RS256' },
      { ...ed.open, kid: 'c', key_ops: ['verify'] },
      ec.open,
    ]
    expect(kidsOf(...keys)).toEqual([
      ['a', 'ES256'],
      ['b', 'RS256'],
      ['c', 'EdDSA'],
      [undefined, 'ES256'],
    ])
  })

  test.each<[string, unknown]>([
    ['a shared secret', { kty: 'oct', k: 'AAAA', alg: 'HS256' }],
    ['a private EC key', ec.secret],
    ['a private RSA key', rsa.secret],
    ['a key for encryption', { ...ec.open, use: 'enc' }],
    ['a key that may only sign', { ...ec.open, key_ops: ['sign'] }],
    ['a key for another algorithm', { ...rsa.open, alg: 'RS512' }],
    ['an RSA key said to be for a shared secret', { ...rsa.open, alg: 'HS256' }],
    ['RSA of 1,024 bits', { ...rsa.open, n: (rsa.open.n ?? '').slice(0, 171) }],
    ['RSA of 16,384 bits', { ...rsa.open, n: (rsa.open.n ?? '').repeat(8) }],
    ['RSA with exponent 1', { ...rsa.open, e: 'AQ' }],
    ['another curve', { ...ec.open, crv: 'P-384' }],
    ['a number as kid', { ...ec.open, kid: 1 }],
    ['a kid without end', { ...ec.open, kid: 'k'.repeat(129) }],
    ['a point without y', { ...ec.open, y: undefined }],
    ['a kty of every object', { kty: 'constructor' }],
    ['null', null],
    ['a text', 'x'],
  ])('%s is not', (_, key) => expect(kidsOf(key)).toEqual([]))

  test('keeps the first of two keys with one id, and at most twenty keys', () => {
    const other = { ...rsa.open, kid: 'a' }
    expect(kidsOf({ ...ec.open, kid: 'a' }, other)).toEqual([['a', 'ES256']])
    const many = Array.from({ length: 10_000 }, (_, index) => ({ ...ec.open, kid: `k${index}` }))
    expect(kidsOf(...many)?.length).toBe(20)
  })

  test.each([null, [], 'x', {}, { keys: {} }, { keys: null }])(
    'refuses %j, which is not a key set',
    (json) => {
      expect(usableKeys(json)).toBeNull()
    },
  )
})

describe('a fetch of a key set', () => {
  const body = JSON.stringify({ keys: [ec.open] })
  const answer = (response: Response) => async () => response

  test('follows no redirect, sends no credentials and has a time limit', async () => {
    let sent: RequestInit = {}
    await fetchKeys(
      'https://idp.example/jwks',
      async (_, init) => {
        sent = init
        return new Response(body)
      },
      false,
    )
    expect(sent.redirect).toBe('manual')
    expect(sent.signal).toBeInstanceOf(AbortSignal)
    expect(Object.keys(sent.headers ?? {})).toEqual(['accept'])
  })

  test('refuses http before a request is sent, unless the installation allows it', async () => {
    let isSent = false
    const fetcher = async () => {
      isSent = true
      return new Response(body)
    }
    await expect(fetchKeys('http://idp.example/jwks', fetcher, false)).rejects.toThrow('not https')
    await expect(fetchKeys('file:///etc/passwd', fetcher, true)).rejects.toThrow('not https')
    expect(isSent).toBe(false)
    expect((await fetchKeys('http://localhost/jwks', fetcher, true)).length).toBe(1)
  })

  test('stops reading at 64 KiB', async () => {
    let pulled = 0
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 8192
        controller.enqueue(new Uint8Array(8192).fill(32))
      },
    })
    await expect(fetchKeys('https://a.example', answer(new Response(endless)), false)).rejects.toThrow(
      'larger',
    )
    expect(pulled).toBeLessThan(200_000)
  })

  test.each([
    [new Response(body, { status: 500 }), 'status 500'],
    [new Response('<html>'), /JSON/],
    [new Response('{"keys":[]}'), 'no usable key'],
  ])('says why it has no keys', async (response, reason) => {
    await expect(fetchKeys('https://a.example', answer(response), false)).rejects.toThrow(reason)
  })
})
