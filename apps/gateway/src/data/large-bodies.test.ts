/** What one database may have of an isolate for large bodies. */
import { expect, test } from 'vitest'
import { LargeBodies } from './large-bodies.ts'

const MIB = 1024 * 1024

test('small bodies are neither counted nor kept waiting', () => {
  const bodies = new LargeBodies()
  for (let i = 0; i < 1_000; i++) {
    const body = bodies.of('db_1')
    body.add(100 * 1024)
    expect(body.takeTurn(0)).toBe(0)
  }
})

test('one database has 16 MiB at once, however they come, and another has its own', () => {
  const bodies = new LargeBodies()
  const held = Array.from({ length: 16 }, () => bodies.of('db_1'))
  for (const body of held) for (let i = 0; i < 16; i++) body.add(MIB / 16)
  const next = bodies.of('db_1')
  next.add(MIB / 16)
  expect(() => next.add(MIB)).toThrowError(expect.objectContaining({ code: 'DB9507', status: 429 }))
  bodies.of('db_2').add(MIB)
  held[0]?.release()
  // Twice is once.
  held[0]?.release()
  bodies.of('db_1').add(MIB)
  expect(() => bodies.of('db_1').add(MIB)).toThrow()
})

test('bodies of one database come one after the other, those of another in between', () => {
  const bodies = new LargeBodies()
  const turnOf = (databaseId: string, now: number) => {
    const body = bodies.of(databaseId)
    body.add(MIB)
    return body.takeTurn(now)
  }
  expect([turnOf('db_1', 0), turnOf('db_1', 0), turnOf('db_2', 0), turnOf('db_1', 10)]).toEqual([
    0, 50, 0, 90,
  ])
  expect(turnOf('db_1', 1_000)).toBe(0)
})
