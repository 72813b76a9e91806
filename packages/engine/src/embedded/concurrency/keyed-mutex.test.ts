import { expect, test } from 'vitest'
import { Turns } from './keyed-mutex.ts'

test('runs the work of one id one after the other, that of others meanwhile', async () => {
  const turns = new Turns()
  const first = Promise.withResolvers<void>()
  const done: string[] = []
  const works = [
    turns.take('a', () => first.promise.then(() => done.push('a1'))),
    turns.take('a', async () => done.push('a2')),
  ]
  await turns.take('b', async () => done.push('b'))
  first.resolve()
  await Promise.all(works)
  expect(done).toEqual(['b', 'a1', 'a2'])
})

test('does not begin work that is called off while it waits, and goes on with the next', async () => {
  const turns = new Turns()
  const first = Promise.withResolvers<void>()
  const running = turns.take('a', () => first.promise)
  const abort = new AbortController()
  let hasBegun = false
  const second = turns.take(
    'a',
    async () => {
      hasBegun = true
    },
    abort.signal,
  )
  const third = turns.take('a', async () => 'third')
  abort.abort()
  await expect(second).rejects.toMatchObject({ name: 'AbortError' })
  first.resolve()
  await running
  expect(await third).toBe('third')
  expect(hasBegun).toBe(false)
})

test('waits for work that has begun, whatever its signal says', async () => {
  const turns = new Turns()
  const abort = new AbortController()
  const gate = Promise.withResolvers<string>()
  const work = turns.take('a', () => gate.promise, abort.signal)
  await turns.take('b', async () => {})
  abort.abort()
  gate.resolve('whole')
  expect(await work).toBe('whole')
})
