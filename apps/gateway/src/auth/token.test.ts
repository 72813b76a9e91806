/** The forms of a JWT that are worth verifying. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseToken } from './token.ts'

const encode = (text: string) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const token = (header: string, payload = '{"sub":"ada"}', signature = 'c2ln') =>
  `${encode(header)}.${encode(payload)}.${signature}`

describe('parseToken', () => {
  test('gives the algorithm, the key id, the claims and the signed text of a token', () => {
    const text = token('{"alg":"ES256","kid":"a"}')
    const [, signed, signature] = /^(.+)\.(.+)$/.exec(text) ?? []
    expect(parseToken(text)).toEqual({
      header: { alg: 'ES256', kid: 'a' },
      payload: { sub: 'ada' },
      signed,
      signature,
    })
    expect(parseToken(token('{"alg":"EdDSA"}'))?.header).toEqual({ alg: 'EdDSA', kid: null })
  })

  test.each([
    ['no algorithm', token('{"kid":"a"}')],
    ['none', token('{"alg":"none"}')],
    ['a list of algorithms', token('{"alg":["ES256"]}')],
    ['a shared secret', token('{"alg":"HS256"}')],
    ['an algorithm of ours in other letters', token('{"alg":"es256"}')],
    ['a number as kid', token('{"alg":"ES256","kid":1}')],
    ['null as kid', token('{"alg":"ES256","kid":null}')],
    ['a long kid', token(`{"alg":"ES256","kid":"${'k'.repeat(129)}"}`)],
    ['crit', token('{"alg":"ES256","crit":["b64"],"b64":false}')],
    ['b64', token('{"alg":"ES256","b64":false}')],
    ['b64 that changes nothing', token('{"alg":"ES256","b64":true}')],
    ['zip', token('{"alg":"ES256","zip":"DEF"}')],
    ['a long header', token(`{"alg":"ES256","x":"${'x'.repeat(1100)}"}`)],
    ['a list as payload', token('{"alg":"ES256"}', '[]')],
    ['a text as payload', token('{"alg":"ES256"}', '"x"')],
    ['no JSON', token('{"alg":"ES256"}', '{sub}')],
    ['a byte order mark', token('{"alg":"ES256"}', '\xef\xbb\xbf{"sub":"a"}')],
    ['no UTF-8', token('{"alg":"ES256"}', '{"sub":"\xff"}')],
    ['a name twice', token('{"alg":"ES256"}', '{"sub":"a","sub":"b"}')],
    ['a name twice, once escaped', token('{"alg":"ES256"}', '{"sub":"a","s\\u0075b":"b"}')],
    ['a name twice further in', token('{"alg":"ES256"}', '{"a":[{"b":1,"b":2}]}')],
    ['depth', token('{"alg":"ES256"}', `{"a":${'['.repeat(3000)}${']'.repeat(3000)}}`)],
    ['no signature', token('{"alg":"ES256"}', '{}', '')],
    ['two parts', 'a.b'],
    ['five parts', 'a.b.c.d.e'],
    ['padding', `${token('{"alg":"ES256"}')}=`],
    ['a space', ` ${token('{"alg":"ES256"}')}`],
    ['stray last bits', token('{"alg":"ES256"}', '{}', 'c2lnYR')],
    ['more than 8 KiB', token('{"alg":"ES256"}', `{"a":"${'x'.repeat(8000)}"}`)],
  ])('refuses a token with %s', (_, text) => expect(parseToken(text)).toBeNull())
})

test('parseToken throws for no text', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseToken(text)))
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => void parseToken(`${a}.${b}.c2ln`)))
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary-ascii' }),
      (text) => void parseToken(token('{"alg":"ES256"}', text)),
    ),
  )
})

test('parseToken gives the claims as they were written, and refuses a name that is used twice', () => {
  const claims = fc.dictionary(fc.string({ unit: 'binary-ascii' }), fc.jsonValue({ maxDepth: 3 }), {
    maxKeys: 5,
  })
  fc.assert(
    fc.property(claims, fc.nat(2), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      expect(parseToken(token('{"alg":"ES256"}', text))?.payload).toEqual(JSON.parse(text))
      for (const name of Object.keys(value)) {
        const twice = `{${JSON.stringify(name)}:1,${text.slice(1)}`
        expect(parseToken(token('{"alg":"ES256"}', twice))).toBeNull()
      }
    }),
  )
})
