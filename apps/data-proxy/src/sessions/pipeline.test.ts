import { cstring, Message, message } from '@db9/postgres/messages'
import { expect, test } from 'vitest'
import { ConnectionLost, NotRun } from './errors.ts'
import { type Cleaning, Pipeline } from './pipeline.ts'

function lost(cleaning: Cleaning, answered: Buffer[]): Promise<unknown> {
  const pipeline = new Pipeline(3, cleaning)
  for (const bytes of answered) pipeline.take(new Message(bytes, 0, bytes.length))
  pipeline.lose(new ConnectionLost('gone'))
  return pipeline.ended.promise.then(
    ({ results, error }) => error?.C ?? results.map(({ command }) => command),
    (error) => error.constructor,
  )
}

const done = (tag: string) => message('C', cstring(tag))
const failed = (severity: string, code: string) =>
  message('E', cstring(`V${severity}`), cstring(`C${code}`), '\0')
const TRANSACTION = [done('BEGIN'), done('INSERT 0 1'), done('COMMIT')]
const CLEANUP = [
  'SET',
  'CLOSE CURSOR ALL',
  'RESET',
  'RESET',
  'UNLISTEN',
  'SELECT 1',
  'DISCARD TEMP',
  'DISCARD SEQUENCES',
].map(done)

test.each<[string, Cleaning, Buffer[], unknown]>([
  ['before its COMMIT was answered', 'behind', TRANSACTION.slice(0, 2), ConnectionLost],
  ['before the Sync that commits it', 'none', TRANSACTION, ConnectionLost],
  ['by a limit of its own', 'behind', [done('BEGIN'), failed('FATAL', '25P04')], '25P04'],
  ['by a shutdown', 'behind', [done('BEGIN'), failed('FATAL', '57P01')], ConnectionLost],
  ['after the cleanup before it', 'before', CLEANUP, ConnectionLost],
])('of what is lost %s nobody says more than is known', async (_, cleaning, answered, expected) => {
  expect(await lost(cleaning, answered)).toEqual(expected)
})

test.each([
  ['behind its COMMIT', []],
  ['in the cleanup behind it', [...CLEANUP.slice(0, 3), failed('FATAL', '57P01')]],
])('what is lost %s is answered: it is kept, and is not to be tried again', async (_, cleanup) => {
  expect(await lost('behind', [...TRANSACTION, ...cleanup])).toEqual(['BEGIN', 'INSERT', 'COMMIT'])
})

test.each([
  ['at all', []],
  ['behind a cleanup that is not whole', [...CLEANUP.slice(0, -1), failed('FATAL', '57P01')]],
  ['behind a cleanup that others answer for', [done('SET'), done('SELECT 1'), ...CLEANUP.slice(2)]],
])('what had not begun %s can be run elsewhere', async (_, cleanup) => {
  expect(await lost('before', cleanup)).toBe(NotRun)
})
