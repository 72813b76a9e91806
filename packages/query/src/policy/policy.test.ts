import { describe, expect, test } from 'vitest'
import { parseListedName } from './names.ts'
import { closest, closestColumns, NAME_SCORE, NEAR_SCORE } from './similar.ts'

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
  test('are the most similar name', () => {
    expect(closest('todo', ['users', 'todos'], NAME_SCORE)).toBe('todos')
    expect(closest('Todos', ['users', 'todos'], NAME_SCORE)).toBe('todos')
    expect(closest('xyz', ['users', 'todos'], NAME_SCORE)).toBeNull()
  })

  test('of a name come only close to it', () => {
    expect(closest('secret', ['secret_keys_of_admins'], NAME_SCORE)).toBeNull()
    expect(closest('(id, nam)', ['(id, name)', '(other)'], NEAR_SCORE)).toBe('(id, name)')
  })

  test('take no time for what is no slip', () => {
    expect(closest('x'.repeat(1e6), ['x'.repeat(60)], NEAR_SCORE)).toBeNull()
  })

  test.each([
    ['nme', ['id', 'name'], ['name']],
    ['naem', ['name', 'neam'], ['name', 'neam']],
    ['ab', ['aa', 'ac', 'ad'], []],
    ['ab', ['aa', 'ac', 'ad', 'ab'], ['ab']],
    ['xyz', ['id', 'name'], []],
  ])('of columns are those that Postgres suggests: %s', (name, columns, found) => {
    expect(closestColumns(name, columns)).toEqual(found)
  })
})
