/** Slots among those that run, as they are given and taken with time made up. */
import { expect, test } from 'vitest'
import { ServerScheduler } from './scheduler.ts'

const never = new AbortController().signal

function keeping() {
  let now = 1_000_000
  const givenUp: string[] = []
  const scheduler = new ServerScheduler({
    maxRunning: 1,
    quietMs: 1_000,
    waitMs: 15_000,
    stopsAtOnce: 1,
    putToSleep: async () => ({ asleep: true }),
    giveUp: (id) => givenUp.push(id),
    isAlive: () => true,
    clock: () => now,
  })
  const enter = (id: string, startMs: number) => scheduler.enter(id, { shares: [], startMs }, never)
  const pass = (ms: number) => {
    now += ms
    scheduler.settle()
  }
  return { scheduler, enter, pass, givenUp }
}

test('a start that takes longer than it may is given up once, for one that waits', async () => {
  const { scheduler, enter, pass, givenUp } = keeping()
  await enter('slow', 30_000)
  pass(60_000)
  expect(givenUp).toEqual([])
  const other = enter('other', 30_000)
  pass(1)
  expect(givenUp).toEqual(['slow'])
  scheduler.left('slow')
  await other
  scheduler.close()
})

test('a start that may take longer keeps its place, and the one that waits is refused', async () => {
  const { scheduler, enter, pass, givenUp } = keeping()
  await enter('slow', 60_000)
  const refused = expect(enter('other', 30_000)).rejects.toMatchObject({ code: 'at_capacity' })
  pass(15_000)
  await refused
  expect(givenUp).toEqual([])
  scheduler.close()
})

test('a server that has started is put to sleep for others, and not given up', async () => {
  const { scheduler, enter, pass, givenUp } = keeping()
  await enter('slow', 30_000)
  scheduler.started('slow', [], Number.POSITIVE_INFINITY)
  const other = enter('other', 30_000)
  pass(2_000)
  await other
  expect(givenUp).toEqual([])
  scheduler.close()
})
