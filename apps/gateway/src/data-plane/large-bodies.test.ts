/** What one database may have of an isolate for large bodies. */
import { beforeEach, expect, test } from 'vitest'
import { LargeBodies } from './large-bodies.ts'

const MIB = 1024 * 1024

let now: number
let bodies: LargeBodies
beforeEach(() => {
  now = 0
  bodies = new LargeBodies(() => now)
})

function bring(databaseId: string, bytes: number): void {
  const body = bodies.of(databaseId)
  body.expect(bytes)
  for (let left = bytes; left > 0; left -= MIB / 16) body.add(Math.min(left, MIB / 16))
}

test('small bodies are neither counted nor made to wait', () => {
  for (let i = 0; i < 1_000; i++) {
    const body = bodies.of('db_1')
    body.add(100 * 1024)
    expect(body.takeTurn()).toBe(0)
  }
})

test('one database may send 16 MiB at once and 20 MiB a second, and another database as much', () => {
  for (let i = 0; i < 16; i++) bring('db_1', MIB)
  expect(() => bring('db_1', MIB)).toThrowError(expect.objectContaining({ code: 'DB9507', status: 429 }))
  bring('db_2', MIB)
  let brought = 0
  for (; now < 10_000; now += 5) {
    try {
      bring('db_1', MIB)
      brought++
    } catch {}
  }
  expect(brought).toBeGreaterThan(150)
  expect(brought).toBeLessThanOrEqual(200)
})

test('a body of unknown length is refused while it arrives', () => {
  const body = bodies.of('db_1')
  const chunks = Array.from({ length: 17 }, () => () => body.add(MIB))
  expect(() => {
    for (const add of chunks) add()
  }).toThrowError(expect.objectContaining({ code: 'DB9507' }))
})

test('bodies of one database are processed one after the other, and those of another in between', () => {
  const turnOf = (databaseId: string) => {
    const body = bodies.of(databaseId)
    body.add(MIB)
    return body.takeTurn()
  }
  expect([turnOf('db_1'), turnOf('db_1'), turnOf('db_2')]).toEqual([0, 50, 0])
  now = 10
  expect(turnOf('db_1')).toBe(90)
  now = 1_000
  expect(turnOf('db_1')).toBe(0)
})
