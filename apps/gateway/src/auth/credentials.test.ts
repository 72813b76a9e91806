/** The key and the JWT in the headers of a request, and the MAC of a key. */
import { hmacKey } from '@db9/types/crypto'
import { newId } from '@db9/types/ids'
import { newKeyValue } from '@db9/types/keys'
import { describe, expect, test } from 'vitest'
import { Lru } from '../lru.ts'
import { checkKey, type KnownKey, parseCredentials } from './credentials.ts'

const KEY = `db9pk_${'0'.repeat(68)}`
const OTHER = `db9pk_${'1'.repeat(68)}`
const SERVICE = `db9sk_${'0'.repeat(68)}`
const PUBLISHABLE = { kind: 'publishableKey', key: KEY }
const SERVER = { kind: 'serviceKey', key: SERVICE }
const read = (headers: Record<string, string>, query = '') => parseCredentials(new Headers(headers), query)

describe('the headers name the key and the user', () => {
  test.each<[string, Record<string, string>, object]>([
    ['apikey alone', { apikey: KEY }, { ...PUBLISHABLE, jwt: null }],
    ['a Bearer key alone', { authorization: `Bearer ${KEY}` }, { ...PUBLISHABLE, jwt: null }],
    [
      'a Bearer equal to the apikey',
      { apikey: KEY, authorization: `Bearer ${KEY}` },
      { ...PUBLISHABLE, jwt: null },
    ],
    [
      'a JWT beside the apikey',
      { apikey: KEY, authorization: 'bearer a.b.c' },
      { ...PUBLISHABLE, jwt: 'a.b.c' },
    ],
    [
      'another scheme beside the apikey',
      { apikey: KEY, authorization: 'Basic eA==' },
      { ...PUBLISHABLE, jwt: null },
    ],
    ['a service key', { apikey: SERVICE }, { ...SERVER, jwt: null }],
    ['a service key as Bearer', { authorization: `Bearer ${SERVICE}` }, { ...SERVER, jwt: null }],
    [
      'a service key twice',
      { apikey: SERVICE, authorization: `Bearer ${SERVICE}` },
      { ...SERVER, jwt: null },
    ],
    [
      'a JWT beside a service key',
      { apikey: SERVICE, authorization: 'Bearer a.b.c' },
      { ...SERVER, jwt: 'a.b.c' },
    ],
    ['a service key sent by Node', { apikey: SERVICE, 'sec-fetch-mode': 'cors' }, { ...SERVER, jwt: null }],
    ['a token without a scheme', { apikey: KEY, authorization: 'a.b.c' }, { ...PUBLISHABLE, jwt: 'a.b.c' }],
  ])('%s', (_, headers, expected) => expect(read(headers)).toEqual(expected))

  test.each<[string, Record<string, string>, string, number, string]>([
    ['no key', {}, '', 401, 'DB9001'],
    ['an empty apikey', { apikey: '' }, '', 401, 'DB9001'],
    ['a JWT without a key', { authorization: 'Bearer a.b.c' }, '', 401, 'DB9001'],
    ['another scheme alone', { authorization: `Basic ${KEY}` }, '', 401, 'DB9001'],
    ['two different keys', { apikey: KEY, authorization: `Bearer ${OTHER}` }, '', 400, 'DB9005'],
    ['a service key beside another', { apikey: KEY, authorization: `Bearer ${SERVICE}` }, '', 400, 'DB9005'],
    ['a key beside a service key', { apikey: SERVICE, authorization: `Bearer ${KEY}` }, '', 400, 'DB9005'],
    ['a service key with Origin', { apikey: SERVICE, origin: 'http://localhost' }, '', 401, 'DB9006'],
    ['a service key of an opaque origin', { apikey: SERVICE, origin: 'null' }, '', 401, 'DB9006'],
    [
      'a service key of a page',
      { authorization: `Bearer ${SERVICE}`, 'sec-fetch-site': 'same-origin' },
      '',
      401,
      'DB9006',
    ],
    ['a service key of a worker', { apikey: SERVICE, 'sec-fetch-dest': 'empty' }, '', 401, 'DB9006'],
    ['a service key in the query', {}, `apikey=${SERVICE}`, 401, 'DB9003'],
    ['a connect key', { apikey: 'db9ck_x' }, '', 401, 'DB9004'],
    ['a connect key as Bearer', { apikey: KEY, authorization: 'Bearer db9ck_x' }, '', 401, 'DB9004'],
    ['a key in the query alone', {}, `apikey=${KEY}`, 401, 'DB9003'],
    ['an apikey parameter', {}, 'select=*&ApiKey=x', 401, 'DB9003'],
    ['a key in the query beside one', { apikey: KEY }, `a=eq.1&k=${OTHER}`, 401, 'DB9003'],
  ])('%s is refused', (_, headers, query, status, code) => {
    expect(read(headers, query)).toMatchObject({ status, code })
  })

  test('a column named apikey can still be filtered by', () => {
    expect(read({ apikey: KEY }, 'apikey=eq.x')).toEqual({ ...PUBLISHABLE, jwt: null })
  })
})

describe('a key value', () => {
  test('is remembered, so that its MAC is computed once', async () => {
    const secret = await hmacKey('k'.repeat(32))
    const id = newId('publishableKey')
    const value = await newKeyValue('publishableKey', id, secret)
    const known = new Lru<KnownKey>(10)
    const key = { kind: 'publishableKey', key: value } as const
    const first = await checkKey(key, secret, known)
    expect(first?.id).toBe(id)
    expect(await checkKey(key, await hmacKey('o'.repeat(32)), known)).toBe(first)
  })

  test('of one kind is none of another', async () => {
    const secret = await hmacKey('k'.repeat(32))
    const value = await newKeyValue('serviceKey', newId('serviceKey'), secret)
    const known = new Lru<KnownKey>(10)
    expect(await checkKey({ kind: 'publishableKey', key: value }, secret, known)).toBeNull()
    const renamed = value.replace('db9sk_', 'db9pk_')
    expect(await checkKey({ kind: 'publishableKey', key: renamed }, secret, known)).toBeNull()
    expect((await checkKey({ kind: 'serviceKey', key: value }, secret, known))?.id).toMatch(/^sk_/)
  })

  test.each(['', 'db9pk_', KEY, OTHER, `${KEY} `, KEY.toUpperCase(), SERVICE])(
    '"%s" is refused and not remembered',
    async (value) => {
      const known = new Lru<KnownKey>(10)
      const secret = await hmacKey('k'.repeat(32))
      for (const kind of ['publishableKey', 'serviceKey'] as const)
        expect(await checkKey({ kind, key: value }, secret, known)).toBeNull()
      expect(known.size).toBe(0)
    },
  )
})
