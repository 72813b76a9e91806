import { expect, test } from 'vitest'
import { Slots } from './slots.ts'

const { signal } = new AbortController()

test('runs as many at once as there are slots, the others in the order of their calls', async () => {
  const slots = new Slots({ count: 2, longestMs: 60_000 })
  const begun: number[] = []
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>())
  const works = gates.map(({ promise }, n) =>
    slots.run(async () => {
      begun.push(n)
      await promise
    }, signal),
  )
  await expect.poll(() => begun).toEqual([0, 1])
  gates[1]?.resolve()
  await works[1]
  await expect.poll(() => begun).toEqual([0, 1, 2])
  for (const { resolve } of gates) resolve()
  await Promise.all(works)
  expect(begun).toEqual([0, 1, 2, 3])
})

test('gives the place of work that takes too long to the next, and no place twice', async () => {
  const slots = new Slots({ count: 1, longestMs: 20 })
  const hung = Promise.withResolvers<void>()
  const first = slots.run(() => hung.promise, signal)
  expect(await slots.run(async () => 'second', signal)).toBe('second')
  hung.resolve()
  await first
  let atOnce = 0
  let most = 0
  const work = async () => {
    most = Math.max(most, ++atOnce)
    await Promise.resolve()
    atOnce--
  }
  await Promise.all([1, 2, 3].map(() => slots.run(work, signal)))
  expect(most).toBe(1)
})

test('gives a place on when its work fails', async () => {
  const slots = new Slots({ count: 1, longestMs: 60_000 })
  const failing = slots.run(() => Promise.reject(new Error('it failed')), signal)
  await expect(failing).rejects.toThrow('it failed')
  expect(await slots.run(async () => 'next', signal)).toBe('next')
})

test('ends the wait of a work that is called off, and keeps no slot for it', async () => {
  const slots = new Slots({ count: 1, longestMs: 60_000 })
  const running = Promise.withResolvers<void>()
  const first = slots.run(() => running.promise, signal)
  const calledOff = new AbortController()
  let hasRun = false
  const second = slots.run(async () => {
    hasRun = true
  }, calledOff.signal)
  const third = slots.run(async () => 'third', signal)
  calledOff.abort()
  await expect(second).rejects.toMatchObject({ name: 'AbortError' })
  running.resolve()
  await first
  expect(await third).toBe('third')
  expect(hasRun).toBe(false)
})
