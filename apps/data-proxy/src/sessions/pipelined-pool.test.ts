/** Quick reads that come close together through the pool: some share a session, and none is the worse for it. */
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Directory } from '../directory/directory.ts'
import { CLEAN, readThrough, STEP, STEP_FUNCTION, toValue } from '../testing/pipelined.ts'
import { type Stack, startStack } from '../testing/stack.ts'
import { Pool } from './pool.ts'

let stack: Stack
let admin: pg.Client
beforeAll(async () => {
  stack = await startStack()
  admin = await stack.direct()
  await admin.query(STEP_FUNCTION)
})
afterAll(async () => {
  await admin.end()
  await stack.close()
})

let pool: Pool
beforeEach(async () => {
  pool = new Pool(stack.id, new Directory(stack.control))
  // From now on it is known to be quick.
  for (let i = 0; i < 40; i++) await step('rest')
})
afterEach(() => pool.close())

async function step(what: string, of: Pool = pool) {
  const answer = toValue(await readThrough(of, [STEP, what]))
  return { answer, at: performance.now() }
}

test('quick ones share a session', async () => {
  const counts: number[] = []
  // A pause of this process can make one look slow.
  for (let i = 0; i < 10 && !counts.includes(1); i++) {
    const own = new Pool(stack.id, new Directory(stack.control))
    for (let n = 0; n < 40; n++) await step('rest', own)
    const sessions: number[] = []
    const steps = Array.from({ length: 8 }, () => step('pid', own))
    for (const { answer } of await Promise.all(steps)) sessions.push(Number(answer))
    counts.push(new Set(sessions).size)
    own.close()
  }
  expect(counts).toContain(1)
})

test.each([
  ['fail', 'P0042'],
  ['sleep', CLEAN],
])('beside one that is to %s, the others are served, and no later than else', async (what, answer) => {
  const [one, ...others] = await Promise.all([what, 'rest', 'rest', 'rest', 'rest'].map((one) => step(one)))
  expect([one?.answer, ...others.map((other) => other.answer)]).toEqual([answer, ...Array(4).fill(CLEAN)])
  const isLast = others.every(({ at }) => at < (one?.at ?? 0))
  if (what === 'sleep') expect(isLast).toBe(true)
})

test('beside one that ends its session, the others are served', async () => {
  const [one, ...others] = await Promise.allSettled(
    ['end', 'rest', 'rest', 'rest', 'rest'].map((one) => step(one)),
  )
  expect(one?.status).toBe('rejected')
  expect(others).toEqual(
    Array(4).fill(expect.objectContaining({ value: expect.objectContaining({ answer: CLEAN }) })),
  )
})
