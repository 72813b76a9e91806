/** The key sets that an isolate keeps. */
import { beforeEach, expect, test } from 'vitest'
import { Lru } from '../lru.ts'
import type { PublicJwk } from './jwks.ts'
import { findKeySet, type JwksReply, type KeySet, type KeySetSource, type NoKeySet } from './key-sets.ts'

const SECOND = 1_000
const AWAY = { error: 'it did not answer in time' }
const HOUR = 3_600 * SECOND
const key = (kid: string): PublicJwk => ({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', kid, x: 'A'.repeat(43) })

let reply: JwksReply
let asked: number
let source: KeySetSource
beforeEach(() => {
  reply = { keys: [key('a')], ageMs: 0 }
  asked = 0
  source = {
    cache: new Lru(10),
    ask: async () => {
      asked++
      return reply
    },
  }
})

const find = (now: number, kid: string | null = 'a') =>
  findKeySet(source, { databaseId: 'db_1', url: 'https://idp.example.com/jwks', kid }, now)
const kids = async (now: number, kid?: string) => kidsOf(await find(now, kid))
const kidsOf = (set: KeySet | NoKeySet) => ('error' in set ? set.error : [...set.kids])

test('a key set is asked for once a minute', async () => {
  for (const now of [0, 1, 59 * SECOND]) expect(await kids(now)).toEqual(['a'])
  expect(asked).toBe(1)
  await find(60 * SECOND)
  expect(asked).toBe(2)
})

test('a key set that cannot be fetched is asked for once a second, and is used within a second once it can', async () => {
  reply = AWAY
  for (let now = 0; now < 3 * SECOND; now += 100) {
    expect(await find(now)).toEqual(AWAY)
  }
  expect(asked).toBe(3)
  reply = { keys: [key('a')], ageMs: 0 }
  expect(await find(2_999)).toEqual(AWAY)
  expect(await kids(3 * SECOND)).toEqual(['a'])
})

test('while a key set is asked for again, other requests use the known one', async () => {
  reply = AWAY
  expect(await find(0)).toEqual(AWAY)
  const waiting = Promise.withResolvers<JwksReply>()
  source.ask = () => waiting.promise
  const first = find(SECOND)
  expect(await find(SECOND)).toEqual(AWAY)
  waiting.resolve({ keys: [key('a')], ageMs: 0 })
  expect(kidsOf(await first)).toEqual(['a'])
})

test('the last key set stays in use for an hour while there is no newer one, with one call a second', async () => {
  await find(0)
  reply = AWAY
  for (let now = 60 * SECOND; now < 62 * SECOND; now += 100) expect(await kids(now)).toEqual(['a'])
  expect(asked).toBe(3)
  expect(await kids(HOUR - 1)).toEqual(['a'])
  expect(await find(HOUR)).toEqual(AWAY)
})

test('the hour counts from the fetch, not from when the isolate got the keys', async () => {
  reply = { keys: [key('a')], ageMs: 50 * 60 * SECOND }
  await find(0)
  reply = AWAY
  expect(await kids(10 * 60 * SECOND - 1)).toEqual(['a'])
  expect(await find(10 * 60 * SECOND)).toEqual(AWAY)
})

test('made-up kids cause one call a second', async () => {
  await find(0)
  for (let now = 0; now < 2 * SECOND; now += 50) expect(await kids(now, `made-up-${now}`)).toEqual(['a'])
  expect(asked).toBe(2)
})
