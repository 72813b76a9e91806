import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { challenge } from './server.ts'
import { keysOf, makeScramVerifier, mockVerifier, parseVerifier, type ScramVerifier } from './verifier.ts'

function verifierOf(
  password: string,
  options: { iterations?: number; salt?: Uint8Array } = {},
): ScramVerifier {
  const verifier = parseVerifier(makeScramVerifier(password, { iterations: 1, ...options }))
  if (!verifier) throw new Error('no verifier')
  return verifier
}

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** The client's side (RFC 5802, section 3), written from the RFC alone. */
function clientFinal(
  password: string,
  clientFirstBare: string,
  serverFirst: string,
  gs2Header = 'n,,',
): string {
  const [, nonce = '', salt = '', iterations = ''] = /^r=([^,]*),s=([^,]*),i=(\d+)$/.exec(serverFirst) ?? []
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const storedKey = createHash('sha256').update(clientKey).digest()
  const withoutProof = `c=${Buffer.from(gs2Header).toString('base64')},r=${nonce}`
  const signature = hmac(storedKey, `${clientFirstBare},${serverFirst},${withoutProof}`)
  const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0)))
  return `${withoutProof},p=${proof.toString('base64')}`
}

describe('the exchange', () => {
  test('is the one of RFC 7677, section 3', () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
    const verifier = verifierOf('pencil', { iterations: 4096, salt })
    const exchange = challenge('n,,n=user,r=rOprNGfwEbeRWgbNEkqO', verifier, '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0')
    expect(exchange?.serverFirst).toBe(
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    )
    expect(
      exchange?.finish(
        'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
        [verifier],
      )?.serverFinal,
    ).toBe('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
  })

  const password = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme-ascii' })
  const nonce = fc.stringMatching(/^[A-Za-z0-9+/]{18}$/)

  test('lets the right password in and no other', () => {
    fc.assert(
      fc.property(password, password, nonce, nonce, (right, other, clientNonce, serverNonce) => {
        const bare = `n=,r=${clientNonce}`
        const verifier = verifierOf(right)
        const exchange = challenge(`n,,${bare}`, verifier, serverNonce)
        const finish = (text: string) =>
          exchange?.finish(clientFinal(text, bare, exchange.serverFirst), [verifier])
        expect(finish(right)?.serverFinal).toMatch(/^v=/)
        expect(finish(other) !== null).toBe(other === right)
      }),
      { numRuns: 50 },
    )
  })

  test('refuses a proof for another nonce or another header', () => {
    const verifier = verifierOf('pencil')
    const exchange = challenge('n,,n=,r=abc', verifier, 'def')
    if (!exchange) throw new Error('no exchange')
    const elsewhere = exchange.serverFirst.replace('abcdef', 'abcxyz')
    const finish = (final: string) => exchange.finish(final, [verifier])
    expect(finish(clientFinal('pencil', 'n=,r=abc', elsewhere))).toBeNull()
    expect(finish(clientFinal('pencil', 'n=,r=abc', exchange.serverFirst, 'y,,'))).toBeNull()
    expect(finish(clientFinal('pencil', 'n=,r=abc', exchange.serverFirst))).not.toBeNull()
  })

  test('says which of several verifiers of one salt a proof fits', () => {
    const salt = Buffer.from('one salt for all')
    const verifiers = ['first', 'second', 'third'].map((each) => verifierOf(each, { salt }))
    const finish = (secret: string) => {
      const exchange = challenge('n,,n=,r=abc', { salt, iterations: 1 }, 'def')
      return exchange?.finish(clientFinal(secret, 'n=,r=abc', exchange.serverFirst), verifiers)
    }
    expect(finish('second')?.verifier).toBe(verifiers[1])
    expect(finish('third')?.keys.serverKey).toEqual(verifiers[2]?.serverKey)
    expect(finish('fourth')).toBeNull()
  })

  test.each([
    '',
    'n,,',
    'n,,n=u',
    'p=tls-server-end-point,,n=,r=abc',
    'n,,m=x,n=,r=abc',
    'n,,n=,r=',
    'x,,n=,r=a',
  ])('refuses the first message %j', (first) => {
    expect(challenge(first, verifierOf('pencil'), 'def')).toBeNull()
  })

  test('never throws, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (first, final) => {
        const verifier = verifierOf('pencil')
        for (const each of [first, 'n,,n=,r=abc'])
          expect(challenge(each, verifier, 'def')?.finish(final, [verifier]) ?? null).toBeNull()
      }),
    )
  })
})

describe('a verifier', () => {
  test('matches its password in clear, normalised, and no other', async () => {
    expect(await keysOf('pencil', verifierOf('pencil'))).not.toBeNull()
    expect(await keysOf('pencil ', verifierOf('pencil'))).toBeNull()
    expect(await keysOf('Ⅸ', verifierOf('IX'))).not.toBeNull()
  })

  test('of more iterations than we care to compute matches nothing', async () => {
    const costly = { ...verifierOf('pencil'), iterations: 9_999_999 }
    const start = performance.now()
    expect(await keysOf('pencil', costly)).toBeNull()
    expect(performance.now() - start).toBeLessThan(100)
  })

  test('of an unknown user has the same salt each time, another for each user, and no password', async () => {
    const secret = Buffer.alloc(32, 7)
    const [one, again, other] = ['a', 'a', 'b'].map((user) => mockVerifier(user, secret))
    expect(one?.salt).toEqual(again?.salt)
    expect(one?.salt).not.toEqual(other?.salt)
    expect(one).toMatchObject({ iterations: 4096, salt: { length: 16 } })
    expect(await keysOf('', mockVerifier('a', secret))).toBeNull()
  })

  test.each(['', 'md5abc', 'SCRAM-SHA-256$4096:c2FsdA==$short:short'])('is not %j', (text) => {
    expect(parseVerifier(text)).toBeNull()
  })
})
