/** What a volume has left, by its blocks and its inodes. */
import { expect, test } from 'vitest'
import { freeOf } from './free-bytes.ts'

const GB = 2 ** 30
const volume = { bavail: GB / 4096, bsize: 4096, files: 1_000_000, ffree: 900_000 }

test.each([
  ['its free blocks', volume, GB],
  ['its free inodes, where these are fewer', { ...volume, ffree: 10_000 }, 10_000 * 16_384],
  ['nothing without a free inode', { ...volume, ffree: 0 }, 0],
  ['its free blocks, where inodes are made as they are needed', { ...volume, files: 0, ffree: 0 }, GB],
])('a volume has %s', (_, facts, expected) => {
  expect(freeOf(facts)).toBe(expected)
})
