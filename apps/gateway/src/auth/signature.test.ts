import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { type PublicJwk, usableKeys } from './jwks.ts'
import { importVerifiers, isForged } from './signature.ts'
import { parseToken, type TokenParts } from './token.ts'

async function issue(alg: string, kid: string | null) {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  const jwk = { ...(await exportJWK(publicKey)), alg, ...(kid === null ? {} : { kid }) }
  const header = { alg, ...(kid === null ? {} : { kid }) }
  const token = await new SignJWT({ sub: 'ada' }).setProtectedHeader(header).sign(privateKey)
  return { keys: usableKeys({ keys: [jwk] }) ?? [], token: partsOf(token) }
}

function partsOf(token: string): TokenParts {
  const parts = parseToken(token)
  if (!parts) throw new Error('not a token')
  return parts
}

const judge = async (token: TokenParts, keys: PublicJwk[]) => isForged(token, await importVerifiers(keys))

describe.each(['RS256', 'ES256', 'EdDSA'])('a token of %s', (alg) => {
  test('is forged where the key that it names did not sign it, and only there', async () => {
    const own = await issue(alg, 'a')
    const other = await issue(alg, 'a')
    expect(await judge(own.token, own.keys)).toBe(false)
    expect(await judge(other.token, own.keys)).toBe(true)
    expect(await judge({ ...own.token, signed: `${own.token.signed}x` }, own.keys)).toBe(true)
    expect(await judge({ ...own.token, signature: 'AAAA' }, own.keys)).toBe(true)
  })

  test('is left to jose where no key is named, none of that name is known, or it cannot be used', async () => {
    const nameless = await issue(alg, null)
    const named = await issue(alg, 'a')
    const other = await issue(alg, 'b')
    expect(await judge(nameless.token, named.keys)).toBe(false)
    expect(await judge(other.token, named.keys)).toBe(false)
    expect(await judge(named.token, [])).toBe(false)
    const broken = { ...named.keys[0], kty: 'EC', kid: 'a', x: 'AA', y: 'AA', n: 'AA' } as PublicJwk
    expect(await judge(other.token, [{ ...broken, kid: 'b' }])).toBe(false)
  })
})
