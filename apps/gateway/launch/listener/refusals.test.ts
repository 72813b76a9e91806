/** Tests of who is refused. */
import { expect, test } from 'vitest'
import type { ClientNetwork } from './client-network.ts'
import { decideRefusals, isSame, MAX_REFUSED_CLIENTS, type Refusals } from './refusals.ts'

const CAPS = { perClient: 100, comfortable: 1_000 }
const NONE: Refusals = { kind: 'none' }
const A: ClientNetwork = 'v4:7f000001'
const B: ClientNetwork = 'v6:20010db800000000'

const decide = (counts: [ClientNetwork, number][], total: number, before: Refusals = NONE) =>
  decideRefusals(new Map(counts), total, CAPS, before)

test('refuses nobody below the caps', () => {
  expect(decide([[A, 99]], 99)).toEqual(NONE)
})

test('refuses the client that reached its cap, and no other', () => {
  expect(
    decide(
      [
        [A, 100],
        [B, 99],
      ],
      199,
    ),
  ).toEqual({ kind: 'some', clients: [A] })
})

test('admits a refused client again only well below its cap', () => {
  const before: Refusals = { kind: 'some', clients: [A] }
  expect(decide([[A, 81]], 81, before)).toEqual(before)
  expect(decide([[A, 79]], 79, before)).toEqual(NONE)
})

test('refuses a client below its cap that has more connections than are left for all', () => {
  expect(decide([[A, 90]], 915)).toEqual({ kind: 'some', clients: [A] })
  expect(decide([[A, 80]], 915)).toEqual(NONE)
})

test('however many clients open connections in turn, they leave room for one who has none', () => {
  const clients = Array.from(
    { length: 30 },
    (_, index): ClientNetwork => `v4:${index.toString(16).padStart(8, '0')}`,
  )
  const counts = new Map<ClientNetwork, number>()
  let refusals: Refusals = NONE
  for (let round = 0; round < 200; round++) {
    const refused = new Set(refusals.kind === 'some' ? refusals.clients : [])
    for (const client of clients) if (!refused.has(client)) counts.set(client, (counts.get(client) ?? 0) + 1)
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
    refusals = decideRefusals(counts, total, CAPS, refusals)
  }
  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBeLessThan(CAPS.comfortable)
})

test('serves a client with few connections however many there are', () => {
  expect(
    decide(
      [
        [A, 8],
        [B, 7],
      ],
      1_499,
    ),
  ).toEqual({ kind: 'some', clients: [A] })
})

test('names no more clients than a filter has room for, those with the most connections first', () => {
  const counts = Array.from({ length: 500 }, (_, index): [ClientNetwork, number] => [
    `v4:${index.toString(16).padStart(8, '0')}`,
    100 + index,
  ])
  const refusals = decideRefusals(new Map(counts), 0, { perClient: 100, comfortable: 1e9 }, NONE)
  expect(refusals).toMatchObject({ kind: 'some' })
  const { clients } = refusals as Extract<Refusals, { kind: 'some' }>
  expect(clients).toHaveLength(MAX_REFUSED_CLIENTS)
  expect(clients[0]).toBe(counts.at(-1)?.[0])
})

test('two lists of the same clients are the same in any order', () => {
  expect(isSame({ kind: 'some', clients: [A, B] }, { kind: 'some', clients: [B, A] })).toBe(true)
  expect(isSame({ kind: 'some', clients: [A] }, { kind: 'some', clients: [B] })).toBe(false)
  expect(isSame({ kind: 'some', clients: [A] }, NONE)).toBe(false)
})
