/** The server's side of SCRAM-SHA-256 without channel binding (RFC 5802, section 3). */
import { hmac, isStoredKey, type ScramKeys, xor } from './keys.ts'
import type { ScramVerifier } from './verifier.ts'

/** One exchange between the client's first and final messages. */
export interface ScramChallenge {
  serverFirst: string
  /** The server's final message and the keys that the client's proof holds, where it does hold, else null. */
  finish(clientFinal: string): { serverFinal: string; keys: ScramKeys } | null
}

/** Answers the client's first message; null where it is malformed or asks for channel binding, which is not offered. */
export function challenge(
  clientFirst: string,
  verifier: ScramVerifier,
  nonce: string,
): ScramChallenge | null {
  const match = /^((?:n|y),(?:a=[^,]*)?,)((?:n=[^,]*),r=([\x21-\x2b\x2d-\x7e]+).*)$/.exec(clientFirst)
  const [, gs2Header, clientFirstBare, clientNonce] = match ?? []
  if (!gs2Header || !clientFirstBare || !clientNonce) return null
  const combined = clientNonce + nonce
  const serverFirst = `r=${combined},s=${verifier.salt.toString('base64')},i=${verifier.iterations}`
  const binding = Buffer.from(gs2Header).toString('base64')

  return {
    serverFirst,
    finish: (clientFinal) => {
      const [, withoutProof, proofText] = /^(.*),p=([A-Za-z0-9+/=]{44})$/.exec(clientFinal) ?? []
      if (withoutProof !== `c=${binding},r=${combined}` || !proofText) return null
      const authMessage = `${clientFirstBare},${serverFirst},${withoutProof}`
      const clientKey = xor(Buffer.from(proofText, 'base64'), hmac(verifier.storedKey, authMessage))
      if (!isStoredKey(verifier.storedKey, clientKey)) return null
      const { serverKey } = verifier
      const serverFinal = `v=${hmac(serverKey, authMessage).toString('base64')}`
      return { serverFinal, keys: { clientKey, serverKey } }
    },
  }
}
