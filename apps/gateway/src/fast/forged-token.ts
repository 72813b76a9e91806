/**
 * Finds forged tokens early: whether the one key that a token names has signed it. jose still verifies every token that is
 * accepted.
 * Measured in workerd (`measure-fast.ts`): 60 µs instead of 90 µs for a forged token (ES256).
 */
import { fromBase64Url } from '@db9/types/crypto'
import type { PublicJwk } from '../auth/jwks.ts'
import type { TokenParts } from '../auth/token.ts'

export interface Verifier {
  kid: string | null
  alg: string
  key: CryptoKey
}

/** The algorithms of RFC 7518 section 3.1 and RFC 8037, in the names of Web Crypto, which ignores members that it does not need. */
const ALGORITHM: Record<string, { name: string; hash?: string; namedCurve?: string }> = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
}

/** Null in place of a key that cannot be imported. */
export function importVerifiers(keys: readonly PublicJwk[]): Promise<(Verifier | null)[]> {
  return Promise.all(
    keys.map(async ({ kid = null, alg = '', ...jwk }) => {
      const algorithm = ALGORITHM[alg]
      if (!algorithm) return null
      const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify']).catch(() => null)
      return key && { kid, alg, key }
    }),
  )
}

const encoder = new TextEncoder()

/** True where the token names one of these keys and that key did not sign it. False decides nothing. */
export async function isForged(parts: TokenParts, verifiers: readonly (Verifier | null)[]): Promise<boolean> {
  const { kid, alg } = parts.header
  const verifier = kid === null ? null : verifiers.find((one) => one?.kid === kid && one.alg === alg)
  const algorithm = ALGORITHM[alg]
  const signature = fromBase64Url(parts.signature)
  if (!verifier || !algorithm || !signature) return false
  return !(await crypto.subtle.verify(algorithm, verifier.key, signature, encoder.encode(parts.signed)))
}
