/** The client's side of SCRAM against the server's side. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cstring, int32 } from '../messages.ts'
import { type Credentials, ScramClient } from './client.ts'
import { challenge } from './server.ts'
import { keysOf, makeScramVerifier, parseVerifier, type ScramVerifier } from './verifier.ts'

function verifierOf(password: string): ScramVerifier {
  const verifier = parseVerifier(makeScramVerifier(password, { iterations: 1 }))
  if (!verifier) throw new Error('no verifier')
  return verifier
}

const request = (kind: number, text: string | Buffer = '') => Buffer.concat([int32(kind), Buffer.from(text)])
const OFFER = request(10, Buffer.concat([cstring('SCRAM-SHA-256'), Buffer.from('\0')]))
/** Without its type and length. */
const bodyOf = (answer: Buffer | null | string) => (answer as Buffer).subarray(5)

/** The whole exchange; what the last answer is, or undefined where the server refuses. */
function authenticate(credentials: Credentials, verifier: ScramVerifier, signature?: string) {
  const client = new ScramClient(credentials)
  const initial = bodyOf(client.answer(OFFER))
  const clientFirst = initial.toString('utf8', initial.indexOf(0) + 5)
  const server = challenge(clientFirst, verifier, 'servernonce')
  const proof = bodyOf(client.answer(request(11, server?.serverFirst ?? ''))).toString()
  const finished = server?.finish(proof, [verifier])
  if (!finished) return undefined
  client.answer(request(12, signature ?? finished.serverFinal))
  return client.answer(request(0))
}

test('logs in with the right password and with no other', () => {
  const password = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme-ascii' })
  fc.assert(
    fc.property(password, password, (right, given) => {
      const outcome = authenticate({ kind: 'password', password: given }, verifierOf(right))
      expect(outcome).toBe(given === right ? 'authenticated' : undefined)
    }),
  )
})

test('logs in with the keys that a client has shown', async () => {
  const verifier = verifierOf('pencil')
  const keys = await keysOf('pencil', verifier)
  if (!keys) throw new Error('no keys')
  expect(authenticate({ kind: 'keys', ...keys }, verifier)).toBe('authenticated')
  expect(authenticate({ kind: 'keys', ...keys }, verifierOf('pencil'))).toBeUndefined()
})

describe('refuses a server that', () => {
  const password = { kind: 'password', password: 'pencil' } as const

  test.each([
    ['lets everybody in', [request(0)]],
    ['asks for a password in clear', [request(3)]],
    ['asks for MD5', [request(5, 'salt')]],
    ['offers no mechanism of ours', [request(10, 'SCRAM-SHA-256-PLUS\0\0')]],
    ['sends nothing', [Buffer.alloc(0)]],
    ['answers with a nonce of its own', [OFFER, request(11, 'r=other,s=c2FsdA==,i=1')]],
    ['asks for a million iterations', [OFFER, request(11, 'r=x,s=c2FsdA==,i=1000000')]],
    ['skips its proof', [OFFER, request(0)]],
  ])('%s', (_, requests) => {
    const client = new ScramClient(password)
    expect(() => {
      for (const each of requests) client.answer(each)
    }).toThrow()
  })

  test('does not know the password itself', () => {
    expect(() => authenticate(password, verifierOf('pencil'), `v=${'A'.repeat(43)}=`)).toThrow(
      'does not know the password',
    )
  })
})
