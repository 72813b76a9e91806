import { isId, newId } from '@db9/types/ids'
import { expect, test } from 'vitest'
import { newRequestId } from './request-id.ts'

test('request ids are ids of their time, and no two are the same', () => {
  for (const now of [
    1_700_000_000_000, 1_700_000_000_001, 1_700_000_001_023, 1_700_000_001_024, 1_799_999_999_999,
  ]) {
    const ids = Array.from({ length: 1_000 }, () => newRequestId(now))
    expect(new Set(ids).size).toBe(1_000)
    const time = newId('request', now).slice(0, -16)
    expect(ids.every((id) => isId('request', id) && id.startsWith(time))).toBe(true)
  }
})
