import { expect, test } from 'vitest'
import { placeOf } from './place.ts'

const TEXT =
  "create type mood as enum ('a');\n\n-- of a 😀 user\ncreate table p (id uuid references nobody);\ncreate table q (id int);"

test('counts the line and the statement of a position in characters', () => {
  const position = [...TEXT.slice(0, TEXT.indexOf('nobody'))].length + 1
  expect(placeOf(TEXT, { position, completed: 1 })).toEqual({ line: 4, statement: 2 })
})

test('counts a position before what was done: a syntax error stops a text before its first statement', () => {
  const text = 'select 1;\nselect 2;\nselct 3'
  expect(placeOf(text, { position: 21, completed: 0 })).toEqual({ line: 3, statement: 3 })
})

test('counts what was done where an error has no position', () => {
  const text = 'select 1;\n\n-- one\n/* two */ insert into t\nvalues (1);\nselect 2'
  expect(placeOf(text, { position: undefined, completed: 1 })).toEqual({ line: 4, statement: 2 })
  expect(placeOf(text, { position: undefined, completed: undefined })).toEqual({})
})

test('says nothing of a text of one line and one statement', () => {
  expect(placeOf('select nothing', { position: 8, completed: 0 })).toEqual({})
  expect(placeOf('select\nnothing', { position: 8, completed: 0 })).toEqual({ line: 2 })
})
