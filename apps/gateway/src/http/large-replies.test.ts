/** How much of large replies may be on its way. */
import { beforeEach, expect, test } from 'vitest'
import { LargeReplies } from './large-replies.ts'

const MIB = 1024 * 1024

let now: number
let replies: LargeReplies
beforeEach(() => {
  now = 0
  replies = new LargeReplies(60_000, () => now)
})
const may = (network: string, of = 'db_1') => replies.mayStart(of, () => network)

test('one address has half of the bytes of a database, and gets them back as it reads', () => {
  const first = replies.begin('db_1', 'a', 20 * MIB)
  expect(may('a')).toBe(true)
  const second = replies.begin('db_1', 'a', 20 * MIB)
  expect([may('a'), may('b'), may('a', 'db_2')]).toEqual([false, true, true])
  second(9 * MIB)
  expect(may('a')).toBe(true)
  replies.begin('db_1', 'b', 40 * MIB)
  // Of what is on its way to a and b, c is not to suffer.
  expect([may('a'), may('b'), may('c')]).toEqual([false, false, true])
  // All of it, and no more than all.
  first(Number.POSITIVE_INFINITY)
  second(Number.POSITIVE_INFINITY)
  second(Number.POSITIVE_INFINITY)
  expect([may('a'), may('b'), may('c')]).toEqual([true, false, true])
})

test('a reply that is not reported as ended counts as ended after the idle time', () => {
  const lost = replies.begin('db_1', 'a', 40 * MIB)
  now = 50_000
  expect(may('a')).toBe(false)
  lost(MIB)
  now = 70_000
  expect(may('a')).toBe(false)
  now = 111_000
  expect(may('a')).toBe(true)
})

test('the network is not looked up while no large reply is being sent', () => {
  const done = replies.begin('db_1', 'a', MIB)
  done(MIB)
  const network = () => {
    throw new Error('looked up')
  }
  expect(replies.mayStart('db_1', network)).toBe(true)
})
