import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ArchiveState, type Base, baseFor, decideRetention, type RetentionRules } from './retention.ts'

const DAY = 86_400_000
const NOW = 100 * DAY
const RULES: RetentionRules = { windowMs: 7 * DAY, segmentBytes: 1, leastWalBytes: 10, limitBytes: null }

const base = (daysAgo: number, startsAt: number | null): Base => ({
  name: `${daysAgo}`,
  from: new Date(NOW - daysAgo * DAY),
  startsAt: startsAt === null ? null : { timeline: 1, number: BigInt(startsAt) },
  bytes: 5,
})
const segments = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => ({
    name: `s${from + i}`,
    segment: { timeline: 1, number: BigInt(from + i) },
  }))
const state = (bases: Base[], archived = segments(1, 0), dataBytes = 0): ArchiveState => ({
  bases,
  segments: archived,
  dataBytes,
})
const decide = (given: ArchiveState, limitBytes: number | null = null) =>
  decideRetention(given, { ...RULES, limitBytes }, NOW)

describe('a new base is due', () => {
  test('where there is none', () => {
    expect(decide(state([])).isBaseDue).toBe(true)
    expect(decide(state([base(1, null)])).isBaseDue).toBe(false)
  })

  test('after more WAL than there is data, and than is replayed at once', () => {
    expect(decide(state([base(1, 5)], segments(5, 15), 5)).isBaseDue).toBe(false)
    expect(decide(state([base(1, 5)], segments(5, 16), 5)).isBaseDue).toBe(true)
    expect(decide(state([base(1, 5)], segments(5, 16), 50)).isBaseDue).toBe(false)
  })

  test('after half a window in which something was written', () => {
    expect(decide(state([base(4, 5)], segments(5, 6))).isBaseDue).toBe(true)
    expect(decide(state([base(4, 5)], segments(5, 5))).isBaseDue).toBe(false)
    expect(decide(state([base(3, 5)], segments(5, 6))).isBaseDue).toBe(false)
  })
})

test('the newest base before the window stays, and goes once the next is older than the window, with its WAL', () => {
  expect(decide(state([base(9, 1), base(3, 5)], segments(1, 8)))).toMatchObject({
    removeBases: [],
    removeSegments: [],
  })
  expect(decide(state([base(11, 1), base(8, 5), base(3, 7)], segments(1, 8)))).toMatchObject({
    removeBases: ['11'],
    removeSegments: ['s1', 's2', 's3', 's4'],
  })
})

describe('over its limit', () => {
  const bases = [base(6, 1), base(4, 5), base(2, 9)]
  const given = state(bases, segments(1, 12), 50)

  test('the oldest base goes first, with the log that it alone needs, until the rest fits', () => {
    // 3 bases of 5 and 12 segments; 2 and 8; 1 and 4.
    expect(decide(given, 27)).toMatchObject({ isCut: false, removeBases: [], removeSegments: [] })
    expect(decide(given, 26)).toMatchObject({
      isCut: true,
      isBaseDue: false,
      removeBases: ['6'],
      removeSegments: ['s1', 's2', 's3', 's4'],
    })
    expect(decide(given, 17)).toMatchObject({ removeBases: ['6', '4'] })
  })

  test('the newest base stays, and another is due to take its place', () => {
    const cut = decide(given, 8)
    expect(cut).toMatchObject({ isBaseDue: true, removeBases: ['6', '4'] })
    expect(cut.removeSegments).not.toContain('s9')
  })

  test('a base that alone is over it is not made again and again', () => {
    expect(decide(state([base(1, 9)], segments(9, 9), 50), 4).isBaseDue).toBe(false)
    expect(decide(state([base(1, 9)], segments(9, 12), 50), 4).isBaseDue).toBe(true)
  })
})

test('whatever is removed, every moment of the window that could be restored before can be afterwards', () => {
  const anyState = fc
    .array(
      fc.record({ daysAgo: fc.integer({ min: 0, max: 20 }), startsAt: fc.integer({ min: 0, max: 30 }) }),
      {
        maxLength: 6,
      },
    )
    .map((list) =>
      list
        .sort((a, b) => b.daysAgo - a.daysAgo)
        .map(({ daysAgo }, index) => ({ ...base(daysAgo, index * 5), name: String(index) })),
    )
  fc.assert(
    fc.property(anyState, fc.integer({ min: 0, max: 7 }), (bases, daysAgo) => {
      const archived = segments(0, 40)
      const { removeBases, removeSegments } = decide(state(bases, archived))
      const moment = new Date(NOW - daysAgo * DAY)
      const before = baseFor(bases, moment)
      const kept = bases.filter(({ name }) => !removeBases.includes(name))
      const after = baseFor(kept, moment)
      expect(after?.name).toBe(before?.name)
      const needed = archived.filter(
        ({ segment }) => after?.startsAt && segment.number >= after.startsAt.number,
      )
      expect(needed.filter(({ name }) => removeSegments.includes(name))).toEqual([])
    }),
  )
})
