import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockHome, lockPath, readHolder } from './lock.ts'
import { ownIdentity } from './processes.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'db9-lock-'))
})
afterEach(() => rmSync(home, { recursive: true }))

test('a second start is told who holds the folder and where it serves, and leaves the lock alone', () => {
  const lock = lockHome(home)
  lock.announce('http://localhost:9009')
  expect(() => lockHome(home)).toThrow(new RegExp(`process ${process.pid}, it serves http://localhost:9009`))
  expect(readHolder(home)).toMatchObject({ ...ownIdentity(), url: 'http://localhost:9009' })
})

test('a lock given back leaves nothing, and the next start takes it', () => {
  lockHome(home).release()
  expect(readdirSync(home)).toEqual([])
  expect(() => lockHome(home)).not.toThrow()
})

test('a lock whose pid now belongs to another process does not hold', () => {
  writeFileSync(lockPath(home), JSON.stringify({ pid: process.pid, startTime: 'of another process' }))
  expect(readHolder(home)).toBeNull()
  lockHome(home)
  expect(readHolder(home)).toMatchObject(ownIdentity())
})

test.each(['', '{', '[]', '{"pid":"x"}'])('a lock file that holds %j is taken over', (text) => {
  writeFileSync(lockPath(home), text)
  expect(() => lockHome(home)).not.toThrow()
  expect(readdirSync(home)).toEqual(['db9.pid'])
})
