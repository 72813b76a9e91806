import { expect, test } from 'vitest'
import { KeyedMutex } from './keyed-mutex.ts'

test('runs the work of one id one after the other, that of others meanwhile', async () => {
  const mutex = new KeyedMutex()
  const first = Promise.withResolvers<void>()
  const done: string[] = []
  const works = [
    mutex.run('a', () => first.promise.then(() => done.push('a1'))),
    mutex.run('a', async () => done.push('a2')),
  ]
  await mutex.run('b', async () => done.push('b'))
  first.resolve()
  await Promise.all(works)
  expect(done).toEqual(['b', 'a1', 'a2'])
})

test('does not begin work that is called off while it waits, and goes on with the next', async () => {
  const mutex = new KeyedMutex()
  const first = Promise.withResolvers<void>()
  const running = mutex.run('a', () => first.promise)
  const abort = new AbortController()
  let hasBegun = false
  const second = mutex.run(
    'a',
    async () => {
      hasBegun = true
    },
    abort.signal,
  )
  const third = mutex.run('a', async () => 'third')
  abort.abort()
  await expect(second).rejects.toMatchObject({ name: 'AbortError' })
  first.resolve()
  await running
  expect(await third).toBe('third')
  expect(hasBegun).toBe(false)
})

test('waits for work that has begun, whatever its signal says', async () => {
  const mutex = new KeyedMutex()
  const abort = new AbortController()
  const gate = Promise.withResolvers<string>()
  const work = mutex.run('a', () => gate.promise, abort.signal)
  await mutex.run('b', async () => {})
  abort.abort()
  gate.resolve('whole')
  expect(await work).toBe('whole')
})
