/** Tests of who is refused. */
import { expect, test } from 'vitest'
import { decideRefusals, isSame, MAX_REFUSED_CLIENTS, type Refusals } from './refusals.ts'
import type { ClientNetwork } from './socket-table.ts'

const CAPS = { perClient: 100, total: 1_000 }
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

test('refuses all at the total, until well below it', () => {
  expect(decide([], 1_000)).toEqual({ kind: 'all' })
  expect(decide([], 801, { kind: 'all' })).toEqual({ kind: 'all' })
  expect(decide([], 799, { kind: 'all' })).toEqual(NONE)
})

test('names no more clients than a filter has room for, those with the most connections first', () => {
  const counts = Array.from({ length: 500 }, (_, index): [ClientNetwork, number] => [
    `v4:${index.toString(16).padStart(8, '0')}`,
    100 + index,
  ])
  const refusals = decideRefusals(new Map(counts), 0, { perClient: 100, total: 1e9 }, NONE)
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
