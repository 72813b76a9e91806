import fc from 'fast-check'
import { expect, test } from 'vitest'
import { storageState } from './state.ts'

const ROOM = { freeBytes: 1_000, lowBytes: 10 }

test.each([
  [100, 100, 'ok'],
  [101, 100, 'read_only'],
  [109, 100, 'read_only'],
  [110, 100, 'admin_only'],
  [10_000, null, 'ok'],
] as const)('%d bytes of a quota of %s: %s', (usedBytes, quotaBytes, state) => {
  expect(storageState({ usedBytes, quotaBytes, ...ROOM })).toBe(state)
})

test('on a volume that is low only owners connect, whatever their quota says', () => {
  expect(storageState({ usedBytes: 1, quotaBytes: null, freeBytes: 9, lowBytes: 10 })).toBe('admin_only')
})

test('more use never allows more', () => {
  const rank = { ok: 0, read_only: 1, admin_only: 2 }
  const bytes = fc.nat(10_000)
  fc.assert(
    fc.property(bytes, bytes, bytes, bytes, (used, more, quotaBytes, freeBytes) => {
      const at = (usedBytes: number) =>
        rank[storageState({ usedBytes, quotaBytes, freeBytes, lowBytes: 100 })]
      expect(at(used + more)).toBeGreaterThanOrEqual(at(used))
    }),
  )
})
