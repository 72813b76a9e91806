import { expect, test } from 'vitest'
import { createSqlQueue, type QueuedStatement } from './queue.ts'

const { signal } = new AbortController()

/** A queue and work that ends when it is told to. */
function setUp() {
  const sqlQueue = createSqlQueue({ concurrency: 2, queue: 2, accountConcurrency: 3, accountQueue: 1 })
  const running: { standing: QueuedStatement; end: () => void }[] = []
  const enter = (databaseId: string, account: string, until = signal) => {
    const standing = { databaseId, account }
    return sqlQueue
      .run(standing, until, () => new Promise<void>((end) => running.push({ standing, end })))
      .then(
        () => 'done',
        (error) => `${error.status} ${error.message}`,
      )
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { sqlQueue, running, enter, settle }
}

test('statements of a database wait in order, more are refused, and other databases go on', async () => {
  const { running, enter, settle } = setUp()
  const replies = Array.from({ length: 5 }, () => enter('db_1', 'a'))
  await settle()
  expect(running).toHaveLength(2)
  expect(await replies[4]).toBe('429 too many statements wait for this database')
  const other = enter('db_2', 'b')
  await settle()
  expect(running[2]?.standing.databaseId).toBe('db_2')
  running[2]?.end()
  expect(await other).toBe('done')
  for (const index of [0, 1]) running[index]?.end()
  await settle()
  for (const { end } of running) end()
  expect(await Promise.all(replies.slice(0, 4))).toEqual(['done', 'done', 'done', 'done'])
})

test('an account is bounded over all of its databases, and another account is served at once', async () => {
  const { running, enter, settle } = setUp()
  const replies = ['db_1', 'db_1', 'db_2', 'db_2', 'db_3'].map((id) => enter(id, 'a'))
  await settle()
  expect(running).toHaveLength(3)
  expect(await replies[4]).toBe('429 too many statements wait for this account')
  const other = enter('db_4', 'b')
  await settle()
  expect(running[3]?.standing.account).toBe('b')
  running[3]?.end()
  expect(await other).toBe('done')
  running[0]?.end()
  await settle()
  expect(running[4]?.standing).toEqual({ databaseId: 'db_2', account: 'a' })
  for (const { end } of running) end()
  await Promise.all(replies.slice(0, 4))
})

test('a statement that waits for its database takes no place of its account', async () => {
  const { running, enter, settle } = setUp()
  const replies = ['db_1', 'db_1', 'db_1', 'db_1', 'db_2'].map((id) => enter(id, 'a'))
  await settle()
  expect(running.map(({ standing }) => standing.databaseId)).toEqual(['db_1', 'db_1', 'db_2'])
  for (let i = 0; i < 5; i++) {
    for (const { end } of running) end()
    await settle()
  }
  expect(await Promise.all(replies)).toEqual(['done', 'done', 'done', 'done', 'done'])
})

test('a client that disconnects leaves the queue at once, and another may wait in its place', async () => {
  const { running, enter, settle } = setUp()
  const leaving = new AbortController()
  const replies = [enter('db_1', 'a'), enter('db_1', 'a')]
  const late = [enter('db_1', 'a', leaving.signal), enter('db_1', 'a', leaving.signal)]
  await settle()
  expect(await enter('db_1', 'a')).toBe('429 too many statements wait for this database')
  leaving.abort()
  // Nothing has ended yet.
  expect(await Promise.all(late)).toEqual(Array(2).fill('503 the client went away'))
  expect(running).toHaveLength(2)
  const next = enter('db_1', 'a')
  for (const { end } of [...running]) end()
  await settle()
  expect(running).toHaveLength(3)
  running[2]?.end()
  expect(await Promise.all([...replies, next])).toEqual(['done', 'done', 'done'])
})

test('a client that disconnects while it waits for its account frees its place in the database', async () => {
  const { running, enter, settle } = setUp()
  const leaving = new AbortController()
  const replies = ['db_1', 'db_2', 'db_2'].map((id) => enter(id, 'a'))
  const late = enter('db_1', 'a', leaving.signal)
  await settle()
  leaving.abort()
  expect(await late).toBe('503 the client went away')
  const other = enter('db_1', 'b')
  await settle()
  expect(running.map(({ standing }) => standing.account)).toEqual(['a', 'a', 'a', 'b'])
  for (const { end } of running) end()
  expect(await Promise.all([...replies, other])).toEqual(Array(4).fill('done'))
})

test('nothing runs for a client that has disconnected already', async () => {
  const { running, enter, settle } = setUp()
  expect(await enter('db_1', 'a', AbortSignal.abort())).toBe('503 the client went away')
  const replies = [enter('db_1', 'a'), enter('db_1', 'a')]
  await settle()
  expect(running).toHaveLength(2)
  for (const { end } of running) end()
  await Promise.all(replies)
})
