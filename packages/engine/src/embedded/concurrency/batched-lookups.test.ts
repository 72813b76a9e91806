/** Lookups that arrive together. */
import { expect, test } from 'vitest'
import { BatchedLookups } from './batched-lookups.ts'

/** Lookups that are answered with what there is when they begin, once they are told to; each with the names asked for. */
function setUp() {
  const state = { value: 'first', asked: [] as string[], ends: [] as ((error?: Error) => void)[] }
  const lookups = new BatchedLookups(
    (id, names) =>
      new Promise<string>((resolve, reject) => {
        const { value } = state
        state.asked.push(`${id}: ${names.join(' ')}`)
        state.ends.push((error) => (error ? reject(error) : resolve(value)))
      }),
  )
  const end = async (error?: Error) => {
    while (state.ends.length === 0) await Promise.resolve()
    state.ends.shift()?.(error)
  }
  return { state, lookups, end }
}

test('names that are asked for while a lookup is under way share the next one', async () => {
  const { state, lookups, end } = setUp()
  const first = lookups.ask('db_1', 'a')
  while (state.asked.length === 0) await Promise.resolve()
  const later = Array.from({ length: 1_000 }, (_, i) => lookups.ask('db_1', `r${i % 500}`))
  await end()
  await first
  await end()
  expect(new Set(await Promise.all(later))).toEqual(new Set(['first']))
  expect(state.asked).toEqual([
    'db_1: a',
    `db_1: ${Array.from({ length: 500 }, (_, i) => `r${i}`).join(' ')}`,
  ])
})

test('no answer is older than its question', async () => {
  const { state, lookups, end } = setUp()
  const before = lookups.ask('db_1', 'a')
  while (state.asked.length === 0) await Promise.resolve()
  state.value = 'second'
  const after = lookups.ask('db_1', 'a')
  await end()
  await end()
  expect([await before, await after]).toEqual(['first', 'second'])
})

test('rejects for the callers that share a failed lookup, and for no others', async () => {
  const { state, lookups, end } = setUp()
  const failing = [lookups.ask('db_1', 'a'), lookups.ask('db_1', 'b')]
  while (state.asked.length === 0) await Promise.resolve()
  const next = lookups.ask('db_1', 'c')
  await end(new Error('away'))
  await end()
  expect((await Promise.allSettled(failing)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await next).toBe('first')
})

test('databases do not wait for each other', async () => {
  const { state, lookups, end } = setUp()
  const never = lookups.ask('db_1', 'a')
  const other = lookups.ask('db_2', 'a')
  while (state.asked.length < 2) await Promise.resolve()
  const [, second] = state.ends
  second?.()
  expect(await other).toBe('first')
  await end()
  await never
})
