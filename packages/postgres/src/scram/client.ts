/** The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677): how the service logs in to a database's server. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { cstring, int32, message } from '../messages.ts'
import { AUTHENTICATION } from '../protocol.ts'
import { deriveKeys, hmac, type ScramKeys, sha256, xor } from './keys.ts'

/** What a session with a server logs in with. */
export type Credentials = { kind: 'password'; password: string } | ({ kind: 'keys' } & ScramKeys)

const MECHANISM = 'SCRAM-SHA-256'
/** Without channel binding, which a unix socket has no need of. */
const GS2_HEADER = 'n,,'
const BINDING = Buffer.from(GS2_HEADER).toString('base64')
const NONCE_BYTES = 18
/** Our own passwords are random, and their verifiers of one iteration: a server that asks for many only costs time. */
const MAX_ITERATIONS = 4096

export class AuthenticationFailed extends Error {}

/** Answers a server's requests, one after the other. */
export class ScramClient {
  readonly #credentials: Credentials
  readonly #clientFirst = `n=,r=${randomBytes(NONCE_BYTES).toString('base64')}`
  #expected: Buffer | null = null
  #isServerProved = false

  constructor(credentials: Credentials) {
    this.#credentials = credentials
  }

  /**
   * The message for an AuthenticationRequest, `body`; null where none is due; `authenticated` at the last. Throws
   * `AuthenticationFailed` for another method, and for a server that does not know the password itself.
   */
  answer(body: Buffer): Buffer | null | 'authenticated' {
    const kind = body.length >= 4 ? body.readInt32BE(0) : null
    const rest = body.subarray(4)
    if (kind === AUTHENTICATION.sasl) return this.#begin(rest)
    if (kind === AUTHENTICATION.saslContinue) return this.#prove(rest.toString('utf8'))
    if (kind === AUTHENTICATION.saslFinal) return this.#check(rest.toString('utf8'))
    if (kind === AUTHENTICATION.ok && this.#isServerProved) return 'authenticated'
    throw new AuthenticationFailed('the server does not authenticate as expected')
  }

  #begin(mechanisms: Buffer): Buffer {
    if (!mechanisms.toString('latin1').split('\0').includes(MECHANISM))
      throw new AuthenticationFailed(`the server does not offer ${MECHANISM}`)
    const initial = Buffer.from(GS2_HEADER + this.#clientFirst)
    return message('p', cstring(MECHANISM), int32(initial.length), initial)
  }

  #prove(serverFirst: string): Buffer {
    const [, nonce = '', salt = '', iterations = ''] =
      /^r=([^,]+),s=([A-Za-z0-9+/=]+),i=(\d{1,9})$/.exec(serverFirst) ?? []
    const ownNonce = this.#clientFirst.slice('n=,r='.length)
    if (!nonce.startsWith(ownNonce) || nonce === ownNonce)
      throw new AuthenticationFailed('malformed SCRAM message')
    const { clientKey, serverKey } = this.#keys(salt, Number(iterations))
    const withoutProof = `c=${BINDING},r=${nonce}`
    const authMessage = `${this.#clientFirst},${serverFirst},${withoutProof}`
    const proof = xor(clientKey, hmac(sha256(clientKey), authMessage))
    this.#expected = hmac(serverKey, authMessage)
    return message('p', `${withoutProof},p=${proof.toString('base64')}`)
  }

  #keys(salt: string, iterations: number): ScramKeys {
    if (this.#credentials.kind === 'keys') return this.#credentials
    if (iterations < 1 || iterations > MAX_ITERATIONS)
      throw new AuthenticationFailed(`the server asks for ${iterations} iterations`)
    return deriveKeys(this.#credentials.password, { salt: Buffer.from(salt, 'base64'), iterations })
  }

  #check(serverFinal: string): null {
    const given = Buffer.from(/^v=([A-Za-z0-9+/=]{44})/.exec(serverFinal)?.[1] ?? '', 'base64')
    const expected = this.#expected
    this.#isServerProved =
      expected !== null && given.length === expected.length && timingSafeEqual(given, expected)
    if (this.#isServerProved) return null
    throw new AuthenticationFailed('the server does not know the password')
  }
}
