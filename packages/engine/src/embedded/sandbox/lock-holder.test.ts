/** Which processes hold a lock, of what the kernel lists. */
import { expect, test } from 'vitest'
import { lockingPids } from './lock-holder.ts'

test('finds the holders of a file’s lock by its inode, among locks of every kind', () => {
  const locks = `1: FLOCK  ADVISORY  WRITE 1234 fe:00:131 0 EOF
2: POSIX  ADVISORY  WRITE 99 fe:00:131 0 EOF
3: FLOCK  ADVISORY  WRITE 77 00:1c:131 0 EOF
3: -> FLOCK  ADVISORY  WRITE 78 00:1c:131 0 EOF
4: FLOCK  ADVISORY  WRITE 55 fe:00:1311 0 EOF
`
  expect(lockingPids(locks, 131)).toEqual([1234, 77])
  expect(lockingPids('', 131)).toEqual([])
})
