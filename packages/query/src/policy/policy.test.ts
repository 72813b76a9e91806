import { describe, expect, test } from 'vitest'
import { parseListedName } from './names.ts'
import { closest } from './similar.ts'

describe('names in the lists of a key', () => {
  test.each([
    ['posts', ['posts']],
    ['blog.posts', ['blog', 'posts']],
    ['"a.b"', ['a.b']],
    ['"a.b"."c""d"', ['a.b', 'c"d']],
    ['Posts', ['Posts']],
  ])('%s', (text, parts) => expect(parseListedName(text)).toEqual(parts))

  test.each(['', '.', 'a.', '.a', 'a.b.c', '"a', '"a"b', 'a"b'])('%s is none', (text) => {
    expect(parseListedName(text)).toBeNull()
  })
})

describe('suggestions', () => {
  test('are the most similar name, never the name itself', () => {
    expect(closest('todo', ['users', 'todos'])).toBe('todos')
    expect(closest('todos', ['todos'])).toBeNull()
    expect(closest('xyz', ['users', 'todos'])).toBeNull()
  })
})
