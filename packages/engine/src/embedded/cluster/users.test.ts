/** Users of servers: each is handed out once. */
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultRange, isMapped, ServerUsers, usersFor } from './users.ts'

const range = { first: 1000, last: 1009 }

test('hands out each user of the range once, and none that owns files', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1000, max: 1009 })), fc.nat(), (taken, offset) => {
      const users = new ServerUsers(range, { taken, offset })
      const given = Array.from({ length: 10 - taken.length }, () => users.allocate().uid)
      expect(new Set([...given, ...taken]).size).toBe(10)
      expect(given.every((uid) => users.includes(uid))).toBe(true)
      expect(() => users.allocate()).toThrow('set DB9_UID_RANGE to a wider range')
    }),
  )
})

test('begins elsewhere for another data folder', () => {
  const firstOf = (offset: number) => new ServerUsers(range, { taken: [], offset }).allocate()
  expect([firstOf(0), firstOf(3), firstOf(13)].map(({ uid }) => uid)).toEqual([1000, 1003, 1003])
})

test('takes the range that the user namespace maps', () => {
  const whole = '         0          0 4294967295\n'
  const container = '         0     100000      65536\n'
  expect(defaultRange(whole).first).toBe(1_900_000_000)
  expect(defaultRange(container)).toEqual({ first: 20_000, last: 59_999 })
  expect(isMapped({ first: 60_000, last: 70_000 }, container)).toBe(false)
  expect(isMapped({ first: 10, last: 20 }, '0 1000 1\n1 100000 65536\n')).toBe(true)
})

test('hands out no user that is kept for a database whose files are not here', () => {
  const users = new ServerUsers(range, { taken: [1001], offset: 0 })
  users.keep([1000, 1002, 99])
  expect(users.allocate().uid).toBe(1003)
})

test.runIf(process.getuid?.() === 0)('hands out none that owns files, however much else was removed', () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'db9-users-'))
  try {
    const paths = ['a/data', 'b.doomed/inbox', 'c.doomed/bases/d/data']
    for (const [i, path] of paths.entries()) {
      mkdirSync(join(dataFolder, path), { recursive: true })
      chownSync(join(dataFolder, path), range.first + i, range.first + i)
    }
    expect(usersFor(dataFolder, range, 0).allocate().uid).toBe(range.first + paths.length)
  } finally {
    rmSync(dataFolder, { recursive: true })
  }
})
