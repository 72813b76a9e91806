/** The key and the JWT in the headers of a request, and the MAC of a key. */
import { hmacKey } from '@db9/types/crypto'
import { newId } from '@db9/types/ids'
import { newKeyValue } from '@db9/types/keys'
import { describe, expect, test } from 'vitest'
import { Lru } from '../lru.ts'
import { checkKey, type KnownKey, parseCredentials } from './publishable-key.ts'

const KEY = `db9pk_${'0'.repeat(68)}`
const OTHER = `db9pk_${'1'.repeat(68)}`
const read = (headers: Record<string, string>, query = '') => parseCredentials(new Headers(headers), query)

describe('the headers name the key and the user', () => {
  test.each<[string, Record<string, string>, object]>([
    ['apikey alone', { apikey: KEY }, { key: KEY, jwt: null }],
    ['a Bearer key alone', { authorization: `Bearer ${KEY}` }, { key: KEY, jwt: null }],
    [
      'a Bearer equal to the apikey',
      { apikey: KEY, authorization: `Bearer ${KEY}` },
      { key: KEY, jwt: null },
    ],
    ['a JWT beside the apikey', { apikey: KEY, authorization: 'bearer a.b.c' }, { key: KEY, jwt: 'a.b.c' }],
    [
      'another scheme beside the apikey',
      { apikey: KEY, authorization: 'Basic eA==' },
      { key: KEY, jwt: null },
    ],
    ['a token without a scheme', { apikey: KEY, authorization: 'a.b.c' }, { key: KEY, jwt: 'a.b.c' }],
  ])('%s', (_, headers, expected) => expect(read(headers)).toEqual(expected))

  test.each<[string, Record<string, string>, string, number, string]>([
    ['no key', {}, '', 401, 'DB9001'],
    ['an empty apikey', { apikey: '' }, '', 401, 'DB9001'],
    ['a JWT without a key', { authorization: 'Bearer a.b.c' }, '', 401, 'DB9001'],
    ['another scheme alone', { authorization: `Basic ${KEY}` }, '', 401, 'DB9001'],
    ['two different keys', { apikey: KEY, authorization: `Bearer ${OTHER}` }, '', 400, 'DB9005'],
    ['a service key', { apikey: 'db9sk_x' }, '', 401, 'DB9004'],
    ['a connect key as Bearer', { apikey: KEY, authorization: 'Bearer db9ck_x' }, '', 401, 'DB9004'],
    ['a key in the query alone', {}, `apikey=${KEY}`, 401, 'DB9003'],
    ['an apikey parameter', {}, 'select=*&ApiKey=x', 401, 'DB9003'],
    ['a key in the query beside one', { apikey: KEY }, `a=eq.1&k=${OTHER}`, 401, 'DB9003'],
  ])('%s is refused', (_, headers, query, status, code) => {
    expect(read(headers, query)).toMatchObject({ status, code })
  })

  test('a column named apikey can still be filtered by', () => {
    expect(read({ apikey: KEY }, 'apikey=eq.x')).toEqual({ key: KEY, jwt: null })
  })
})

describe('a key value', () => {
  test('is remembered, so that its MAC is computed once', async () => {
    const secret = await hmacKey('k'.repeat(32))
    const id = newId('publishableKey')
    const value = await newKeyValue('publishableKey', id, secret)
    const known = new Lru<KnownKey>(10)
    const first = await checkKey(value, secret, known)
    expect(first?.id).toBe(id)
    expect(await checkKey(value, await hmacKey('o'.repeat(32)), known)).toBe(first)
  })

  test.each(['', 'db9pk_', KEY, OTHER, `${KEY} `, KEY.toUpperCase()])(
    '"%s" is refused and not remembered',
    async (value) => {
      const known = new Lru<KnownKey>(10)
      expect(await checkKey(value, await hmacKey('k'.repeat(32)), known)).toBeNull()
      expect(known.size).toBe(0)
    },
  )
})
