/** Counts per id. */
import { expect, test } from 'vitest'
import { Counts } from './counts.ts'

test('has an id until it was removed as often as it was added', () => {
  const counts = new Counts()
  counts.add('a')
  counts.add('a')
  counts.remove('a')
  expect([counts.has('a'), counts.has('b')]).toEqual([true, false])
  counts.remove('a')
  expect(counts.has('a')).toBe(false)
})

test('removes without an add before it take nothing from the next add', () => {
  const counts = new Counts()
  counts.remove('a')
  counts.add('a')
  expect(counts.has('a')).toBe(true)
})

test('counts an id at once and until the work for it has ended, also where that fails', async () => {
  const counts = new Counts()
  const first = Promise.withResolvers<void>()
  const second = Promise.withResolvers<void>()
  const works = [counts.during('a', () => first.promise), counts.during('a', () => second.promise)]
  expect(counts.has('a')).toBe(true)
  first.resolve()
  await works[0]
  expect(counts.has('a')).toBe(true)
  second.reject(new Error('it failed'))
  await expect(works[1]).rejects.toThrow('it failed')
  expect(counts.has('a')).toBe(false)
})
