/** What bodies of requests may hold, and which end when they hold much. */
import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { HeldBodies, type HeldBody } from './held-bodies.ts'

const MIB = 1024 * 1024
const TOTAL = 64 * MIB

let now: number
let bodies: HeldBodies
let ended: string[]
let kept: Promise<unknown>[]
beforeEach(() => {
  now = 0
  ended = []
  kept = []
  bodies = new HeldBodies({ total: TOTAL, bodyMs: 30_000 }, () => now)
})

interface Coming {
  held: HeldBody
  /** Takes more; whether there was room. */
  bring(bytes: number): boolean
}

function coming(owner: string, bytes: number, name = owner): Coming {
  const held = bodies.open(owner, (work) => kept.push(work))
  const end = () => {
    ended.push(name)
  }
  const bring = (more: number) => held.take(more, end)
  if (bytes > 0) expect(bring(bytes)).toBe(true)
  return { held, bring }
}

/** How many bodies of `bytes` find room, all of them fast. */
function fill(owner: string, bytes: number): number {
  let count = 0
  while (coming(owner, 0).bring(bytes)) count++
  return count
}

test('one owner holds at most 16 MiB, the next one a quarter of what is left, and all together no more than the total', () => {
  expect([fill('db_1', MIB), fill('db_2', MIB), fill('db_3', MIB)]).toEqual([16, 12, 9])
  for (let i = 4; i < 200; i++) fill(`db_${i}`, MIB / 16)
  expect(bodies.bytes).toBeLessThanOrEqual(TOTAL)
})

test('released bytes are free again, once', () => {
  const first = coming('db_1', 8 * MIB)
  coming('db_1', 8 * MIB)
  expect(coming('db_1', 0).bring(MIB)).toBe(false)
  first.held.release()
  first.held.release()
  expect(bodies.bytes).toBe(8 * MIB)
  expect(fill('db_1', MIB)).toBe(8)
})

test('the largest and slowest bodies end first, and only as many as needed', () => {
  coming('db_1', 4 * MIB, 'large')
  now = 500
  coming('db_1', 2 * MIB, 'small')
  const steady = coming('db_1', 3 * MIB, 'steady')
  now = 2_000
  steady.bring(2 * MIB)
  expect(ended).toEqual([])
  steady.bring(2 * MIB)
  expect(ended).toEqual(['large'])
})

test('a body counts until its request ends, also after it was ended', () => {
  const slow = coming('db_1', 11 * MIB, 'slow')
  now = 3_000
  const next = coming('db_1', 4 * MIB, 'next')
  expect([ended, bodies.bytes]).toEqual([['slow'], 15 * MIB])
  now = 3_100
  expect([next.bring(2 * MIB), ended]).toEqual([false, ['slow']])
  slow.held.release()
  expect([next.bring(2 * MIB), bodies.bytes]).toEqual([true, 6 * MIB])
})

test('slow bodies of other owners end before the room is used up', () => {
  for (let i = 0; i < 30; i++) {
    const name = `db_${i}`
    let mine = coming(name, 0, name)
    while (mine.bring(MIB / 4)) mine = coming(name, 0, name)
    now += 100
  }
  now += 2_000
  coming('db_other', 1, 'other')
  const freed = ended.length * (MIB / 4)
  expect(freed).toBeGreaterThanOrEqual(bodies.bytes - TOTAL * 0.75 - MIB / 4)
  expect(ended).not.toContain('other')
})

test('a body that has arrived whole is not slow, however long its statement takes', () => {
  const whole = coming('db_1', 11 * MIB, 'whole')
  whole.held.complete()
  now = 60_000
  expect(coming('db_1', 0).bring(6 * MIB)).toBe(false)
  expect(ended).toEqual([])
})

test('chunks of single bytes count as more than their bytes', () => {
  const drops = coming('db_1', 0)
  for (let i = 0; i < 1_000; i++) drops.bring(1)
  expect(bodies.bytes).toBe(64_000)
})

test('a request is kept alive for as long as its body counts', async () => {
  const { held } = coming('db_1', MIB)
  expect(kept.length).toBe(1)
  let isOver = false
  void kept[0]?.then(() => {
    isOver = true
  })
  await Promise.resolve()
  expect(isOver).toBe(false)
  held.release()
  await Promise.resolve()
  expect(isOver).toBe(true)
})

test('a body whose request was dropped no longer counts once its time is over', () => {
  coming('db_1', 12 * MIB, 'dropped')
  now = 40_000
  expect(coming('db_1', 0).bring(6 * MIB)).toBe(true)
  expect(bodies.bytes).toBe(6 * MIB)
})

test('counts the held bytes, in whatever order bodies arrive and end', () => {
  const step = fc.record({
    owner: fc.nat({ max: 8 }),
    bytes: fc.integer({ min: 64, max: 3 * MIB }),
    waitMs: fc.nat({ max: 900 }),
    leaves: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      now = 0
      bodies = new HeldBodies({ total: TOTAL, bodyMs: 30_000_000 }, () => now)
      const open: HeldBody[] = []
      for (const { owner, bytes, waitMs, leaves } of steps) {
        now += waitMs
        const held = bodies.open(`db_${owner}`, () => {})
        if (held.take(bytes, () => held.release())) open.push(held)
        if (leaves) open.shift()?.release()
        expect(bodies.bytes).toBe(open.reduce((sum, { bytes: counted }) => sum + counted, 0))
        expect(bodies.bytes).toBeLessThanOrEqual(TOTAL)
      }
      for (const held of open) held.release()
      expect(bodies.bytes).toBe(0)
    }),
  )
})
