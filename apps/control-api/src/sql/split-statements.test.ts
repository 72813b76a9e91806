import { expect, test } from 'vitest'
import { splitStatements } from './split-statements.ts'

const texts = (text: string) => splitStatements(text).map((statement) => statement.text.trim())

test.each([
  ['', []],
  ['  \n -- nothing\n /* at ; all */ ;; ', []],
  ['select 1', ['select 1']],
  ['select 1; select 2;', ['select 1', 'select 2']],
  [`select ';', 'it''s;'; select 2`, [`select ';', 'it''s;'`, 'select 2']],
  [String.raw`select E'\';', e'a\\'; select 2`, [String.raw`select E'\';', e'a\\'`, 'select 2']],
  [String.raw`select '\'; select 2`, [String.raw`select '\'`, 'select 2']],
  ['select 1 as "a;b""c;"; select 2', ['select 1 as "a;b""c;"', 'select 2']],
  ['select $$;$$, $a$ ; $$ ; $a$; select 2', ['select $$;$$, $a$ ; $$ ; $a$', 'select 2']],
  ['select a$$; select b$x$ ;', ['select a$$', 'select b$x$']],
  ['select 1 -- ;\n; select 2', ['select 1 -- ;', 'select 2']],
  ['select 1 /* ; /* ; */ ; */; select 2', ['select 1 /* ; /* ; */ ; */', 'select 2']],
  [
    'create rule r as on insert to t do also (insert into a values (1); insert into b values (2)); select 2',
    [
      'create rule r as on insert to t do also (insert into a values (1); insert into b values (2))',
      'select 2',
    ],
  ],
  [
    'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3',
    [
      'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end',
      'select 3',
    ],
  ],
  ['begin; select 1; end; select 2', ['begin', 'select 1', 'end', 'select 2']],
  ["select 'open; select 2", ["select 'open; select 2"]],
  ['select 1; /* open', ['select 1']],
  ['select $1; select $2', ['select $1', 'select $2']],
])('%j', (text, statements) => {
  expect(texts(text)).toEqual(statements)
})

test('offsets say where a statement begins', () => {
  const text = 'select 1;\n select é; select 3'
  for (const { text: part, offset } of splitStatements(text))
    expect(text.slice(offset, offset + part.length)).toBe(part)
})

test('what is never closed goes on to the end of the text, however long it is', () => {
  const text = `${'('.repeat(200_000)}${"'".repeat(100_001)}${'/*'.repeat(100_000)}`
  expect(splitStatements(text)).toEqual([{ text, offset: 0 }])
})
