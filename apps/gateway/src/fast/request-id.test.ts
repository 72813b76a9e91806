/** The ids of requests, beside ids that are made one at a time. */
import { isId, newId } from '@db9/types/ids'
import { expect, test } from 'vitest'
import { newRequestId } from './request-id.ts'

test('request ids have the prefix of their time, and no two are the same', () => {
  for (const now of [
    1_700_000_000_000, 1_700_000_000_001, 1_700_000_001_023, 1_700_000_001_024, 1_799_999_999_999,
  ]) {
    const ids = Array.from({ length: 1_000 }, () => newRequestId(now))
    expect(new Set(ids).size).toBe(1_000)
    const time = newId('request', now).slice(0, -16)
    expect(ids.every((id) => isId('request', id) && id.startsWith(time))).toBe(true)
  }
})

test('an id has the time of one that is made at once, and every character of the alphabet', () => {
  const random = (bytes: number) => Uint8Array.from({ length: bytes }, (_, i) => (i * 37 + (i >> 3)) & 255)
  const times = Array.from({ length: 2_000 }, (_, i) => 1_800_000_000_000 + i * 7)
  const ids = times.map((now) => newRequestId(now, random))
  expect(ids.map((id) => id.slice(0, -16))).toEqual(times.map((now) => newId('request', now).slice(0, -16)))
  expect(new Set(ids.flatMap((id) => [...id.slice(-16)])).size).toBe(32)
})
