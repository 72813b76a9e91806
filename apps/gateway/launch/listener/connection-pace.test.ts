/** Tests of the pace at which the gateway accepts connections. */
import { expect, test } from 'vitest'
import type { ClientNetwork } from './client-network.ts'
import { ConnectionPace, slowdownOf } from './connection-pace.ts'

const LOOK_MS = 50

function paceAt() {
  let now = 0
  const pace = new ConnectionPace(() => now)
  /** Clients try to open so many connections a look, of which the share is accepted. Gives how many were. */
  const look = (tried: number): number => {
    const opened = Math.round(tried * pace.share)
    now += LOOK_MS
    pace.count(opened)
    return opened
  }
  const looks = (count: number, tried: number): number =>
    Array.from({ length: count }, () => look(tried)).reduce((sum, opened) => sum + opened, 0)
  return { pace, look, looks }
}

test('accepts all of a burst of 250', () => {
  const { pace, look } = paceAt()
  look(250)
  expect(pace.share).toBe(1)
})

test('accepts a part of what comes too fast, 500 a second on average', () => {
  const { looks } = paceAt()
  looks(20, 250)
  const opened = looks(2_000, 250)
  expect(opened / (2_000 * (LOOK_MS / 1_000))).toBeGreaterThan(400)
  expect(opened / (2_000 * (LOOK_MS / 1_000))).toBeLessThan(600)
})

test('never accepts nothing, however many come', () => {
  const { pace, looks } = paceAt()
  looks(100, 1_000_000)
  expect(pace.share).toBeGreaterThan(0)
})

test('accepts all again within three seconds after the burst', () => {
  const { pace, looks } = paceAt()
  looks(10, 100_000)
  looks(60, 1)
  expect(pace.share).toBe(1)
})

const A: ClientNetwork = 'v4:7f000001'
const B: ClientNetwork = 'v6:20010db800000000'
const C: ClientNetwork = 'v4:7f000003'

test('slows those down who have the most connections, and no client with few', () => {
  const counts = new Map([
    [C, 14],
    [A, 60],
    [B, 20],
  ])
  expect(slowdownOf(counts, 0.5)).toEqual({ clients: [A, B], share: 0.5 })
  expect(slowdownOf(new Map([[A, 7]]), 0.5).clients).toEqual([])
})

test('slows no client down while all are accepted', () => {
  expect(slowdownOf(new Map([[A, 1_000]]), 1).clients).toEqual([])
})
