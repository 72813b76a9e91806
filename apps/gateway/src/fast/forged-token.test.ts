/** The early check for forged tokens, beside jose. */
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { type PublicJwk, usableKeys } from '../auth/jwks.ts'
import { parseToken, type TokenParts } from '../auth/token.ts'
import { importVerifiers, isForged } from './forged-token.ts'

async function issue(alg: string, kid: string | null) {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  const jwk = { ...(await exportJWK(publicKey)), alg, ...(kid === null ? {} : { kid }) }
  const header = { alg, ...(kid === null ? {} : { kid }) }
  const token = await new SignJWT({ sub: 'ada' }).setProtectedHeader(header).sign(privateKey)
  return { keys: usableKeys({ keys: [jwk] }) ?? [], token: partsOf(token) }
}

/** Whether jose, the slow path, accepts the token. */
async function isAccepted({ signed, signature }: TokenParts, keys: PublicJwk[]): Promise<boolean> {
  const set = createLocalJWKSet({ keys: keys.map((key) => ({ ...key })) })
  return jwtVerify(`${signed}.${signature}`, set).then(
    () => true,
    () => false,
  )
}

function partsOf(token: string): TokenParts {
  const parts = parseToken(token)
  if (!parts) throw new Error('not a token')
  return parts
}

const judge = async (token: TokenParts, keys: PublicJwk[]) => isForged(token, await importVerifiers(keys))

describe.each(['RS256', 'ES256', 'EdDSA'])('a token of %s', (alg) => {
  test('is forged where the key that it names did not sign it', async () => {
    const own = await issue(alg, 'a')
    const other = await issue(alg, 'a')
    expect(await judge(own.token, own.keys)).toBe(false)
    expect(await judge(other.token, own.keys)).toBe(true)
    expect(await judge({ ...own.token, signed: `${own.token.signed}x` }, own.keys)).toBe(true)
    expect(await judge({ ...own.token, signature: 'AAAA' }, own.keys)).toBe(true)
  })

  test('is left to jose where it names no key, an unknown key or an unusable key', async () => {
    const nameless = await issue(alg, null)
    const named = await issue(alg, 'a')
    const other = await issue(alg, 'b')
    expect(await judge(nameless.token, named.keys)).toBe(false)
    expect(await judge(other.token, named.keys)).toBe(false)
    expect(await judge(named.token, [])).toBe(false)
    const broken = { ...named.keys[0], kty: 'EC', kid: 'a', x: 'AA', y: 'AA', n: 'AA' } as PublicJwk
    expect(await judge(other.token, [{ ...broken, kid: 'b' }])).toBe(false)
  })

  test('is never forged where jose accepts it, and jose refuses each forged one', async () => {
    const own = await issue(alg, 'a')
    const other = await issue(alg, 'a')
    const changed = {
      ...own.token,
      signature: own.token.signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
    }
    for (const token of [own.token, other.token, changed]) {
      expect(await judge(token, own.keys)).toBe(!(await isAccepted(token, own.keys)))
    }
  })
})
