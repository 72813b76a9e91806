/** The server's side of SCRAM-SHA-256 without channel binding (RFC 5802, section 3). */
import { hmac, isStoredKey, type Salting, type ScramKeys, xor } from './keys.ts'
import type { ScramVerifier } from './verifier.ts'

/** One exchange between the client's first and final messages. */
export interface ScramChallenge {
  serverFirst: string
  /** Holds the client's proof against each of the verifiers, which share salt and iterations; null where none fits. */
  finish<V extends ProofVerifier>(clientFinal: string, verifiers: readonly V[]): Proved<V> | null
}

type ProofVerifier = Pick<ScramVerifier, 'storedKey' | 'serverKey'>

/** What a proof has shown. */
export interface Proved<V> {
  /** The one that fits. */
  verifier: V
  keys: ScramKeys
  /** The server's final message. */
  serverFinal: string
}

/** Answers the client's first message; null where it is malformed or asks for channel binding, which is not offered. */
export function challenge(
  clientFirst: string,
  { salt, iterations }: Salting,
  nonce: string,
): ScramChallenge | null {
  const match = /^((?:n|y),(?:a=[^,]*)?,)((?:n=[^,]*),r=([\x21-\x2b\x2d-\x7e]+).*)$/.exec(clientFirst)
  const [, gs2Header, clientFirstBare, clientNonce] = match ?? []
  if (!gs2Header || !clientFirstBare || !clientNonce) return null
  const combined = clientNonce + nonce
  const serverFirst = `r=${combined},s=${Buffer.from(salt).toString('base64')},i=${iterations}`
  const binding = Buffer.from(gs2Header).toString('base64')

  return {
    serverFirst,
    finish: (clientFinal, verifiers) => {
      const [, withoutProof, proofText] = /^(.*),p=([A-Za-z0-9+/=]{44})$/.exec(clientFinal) ?? []
      if (withoutProof !== `c=${binding},r=${combined}` || !proofText) return null
      const authMessage = `${clientFirstBare},${serverFirst},${withoutProof}`
      const proof = Buffer.from(proofText, 'base64')
      for (const verifier of verifiers) {
        const { storedKey, serverKey } = verifier
        const clientKey = xor(proof, hmac(storedKey, authMessage))
        if (!isStoredKey(storedKey, clientKey)) continue
        const serverFinal = `v=${hmac(serverKey, authMessage).toString('base64')}`
        return { verifier, keys: { clientKey, serverKey }, serverFinal }
      }
      return null
    },
  }
}
