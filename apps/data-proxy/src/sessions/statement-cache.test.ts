import { NO_ROWS } from '@db9/postgres/backend'
import { expect, test } from 'vitest'
import { StatementCache } from './statement-cache.ts'

function add(cache: StatementCache, text: string): string[] {
  return cache.add({ text, name: cache.nameFor(text), description: NO_ROWS })
}

test('the statement used least recently goes when there are too many', () => {
  const cache = new StatementCache('prefix')
  for (let i = 0; i < 256; i++) expect(add(cache, `select ${i}`)).toEqual([])
  const first = cache.find('select 0')
  const second = cache.find('select 1')
  cache.find('select 0')
  for (let i = 2; i < 256; i++) cache.find(`select ${i}`)
  expect(add(cache, 'one more')).toEqual([second?.name])
  expect(cache.find('select 1')).toBeUndefined()
  expect(cache.find('select 0')).toBe(first)
})

test('a name is never used twice, even after its statement is forgotten', () => {
  const cache = new StatementCache('prefix')
  add(cache, 'a')
  const [name] = cache.clear()
  expect(cache.find('a')).toBeUndefined()
  expect(cache.nameFor('a')).not.toBe(name)
})

test('what long texts weigh together is bounded', () => {
  const cache = new StatementCache('prefix')
  let given = 0
  for (let i = 0; i < 200; i++) given += add(cache, `${i}`.padEnd(16 * 1024, 'x')).length
  expect(given).toBe(200 - 128)
})

test('a text that is longer than any statement that comes again is not kept', () => {
  const cache = new StatementCache('prefix')
  const text = 'x'.repeat(16 * 1024 + 1)
  expect(cache.nameFor(text)).toBe('')
  add(cache, text)
  expect(cache.find(text)).toBeUndefined()
})
