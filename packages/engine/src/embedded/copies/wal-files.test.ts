import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseLsn, parseSegment, segmentName, segmentOf } from './wal-files.ts'

test('a segment is named as Postgres names it', () => {
  expect(segmentName(segmentOf(parseLsn('16/B374D848'), 2))).toBe('000000020000001600000B37')
  expect(segmentName(segmentOf(parseLsn('0/1'), 1))).toBe('000000010000000000000000')
  expect(segmentName(segmentOf(parseLsn('1/0'), 1))).toBe('000000010000000100000000')
})

test('a name reads back as the segment it was made of', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      fc.bigInt({ min: 0n, max: 2n ** 44n - 1n }),
      (timeline, number) => {
        expect(parseSegment(segmentName({ timeline, number }))).toEqual({ timeline, number })
      },
    ),
  )
})

test('parses no name but that of a whole segment', () => {
  for (const name of [
    '00000002.history',
    '000000010000000000000008.partial',
    '0000000100000000000000',
    'archtemp',
  ])
    expect(parseSegment(name)).toBeNull()
})
