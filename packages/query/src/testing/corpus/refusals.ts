import type { CorpusCase } from './corpus-case.ts'

/** Requests that make no sense, and where they stop making it. */
export const REFUSALS: readonly CorpusCase[] = [
  {
    name: 'says where a filter stops making sense',
    url: 'todos?id=foo.1',
    status: 400,
    error: {
      code: 'PGRST100',
      message: '"failed to parse filter (foo.1)" (line 1, column 1)',
      details: 'unexpected "f" expecting "not" or operator (eq, gt, ...)',
    },
  },
  {
    name: 'says where a selection stops making sense',
    url: 'todos?select=id,,x',
    status: 400,
    error: { code: 'PGRST100', message: '"failed to parse select parameter (id,,x)" (line 1, column 4)' },
  },
  {
    name: 'says what may follow an order',
    url: 'todos?order=id.asc.nullslasttt',
    status: 400,
    error: {
      code: 'PGRST100',
      message: '"failed to parse order (id.asc.nullslasttt)" (line 1, column 17)',
      details: `unexpected 't' expecting "," or end of input`,
    },
  },
  {
    name: 'says what a logic tree may begin with',
    url: 'todos?or=()',
    status: 400,
    error: {
      code: 'PGRST100',
      message: '"failed to parse logic tree (())" (line 1, column 4)',
      details:
        'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)',
    },
  },
  {
    name: 'says what an index of a JSON path is made of',
    url: 'todos?select=data->>--34',
    status: 400,
    error: {
      code: 'PGRST100',
      message: '"failed to parse select parameter (data->>--34)" (line 1, column 9)',
      details: 'unexpected "-" expecting digit',
    },
  },
  {
    name: 'says what a key of a JSON path is made of',
    url: 'todos?select=data->(a)',
    status: 400,
    error: {
      code: 'PGRST100',
      message: '"failed to parse select parameter (data->(a))" (line 1, column 7)',
      details: 'unexpected "(" expecting "-", digit or any non reserved character different from: .,>()',
    },
  },
  {
    name: 'says where an order stops making sense',
    url: 'todos?order=id.ac',
    status: 400,
    error: {
      code: 'PGRST100',
      message: '"failed to parse order (id.ac)" (line 1, column 4)',
      details: 'unexpected "a" expecting "asc", "desc", "nullsfirst" or "nullslast"',
    },
  },
  {
    name: 'says what a value is not',
    url: 'todos?id=eq.x',
    status: 400,
    error: { code: '22P02', message: 'invalid input syntax for type integer: "x"' },
  },
  { name: 'refuses NUL', url: 'todos?title=eq.%00', status: 400, error: { code: '22021' } },
  {
    name: 'refuses an unknown column',
    url: 'todos?foo=eq.1',
    status: 400,
    error: { code: '42703', message: 'column todos.foo does not exist' },
  },
  {
    name: 'refuses an unknown method',
    method: 'TRACE',
    url: 'todos',
    status: 405,
    error: { code: 'PGRST117' },
  },
  {
    name: 'suggests the column that may be meant, as Postgres does',
    url: 'todos?select=titel',
    status: 400,
    error: {
      code: '42703',
      message: 'column todos.titel does not exist',
      hint: 'Perhaps you meant to reference the column "todos.title".',
    },
  },
  {
    name: 'calls an embedded table as PostgREST’s SQL does',
    url: 'users?select=id,todos(nothing)',
    status: 400,
    error: { code: '42703', message: 'column todos_1.nothing does not exist', hint: null },
  },
  {
    name: 'calls the rows of a function as PostgREST’s SQL does',
    url: 'rpc/todos_of?owner=1&select=nothing',
    status: 400,
    error: { code: '42703', message: 'column pgrst_call.nothing does not exist' },
  },
  {
    name: 'refuses a conflict target that is no column',
    method: 'POST',
    url: 'labels?on_conflict=nothing',
    headers: { prefer: 'resolution=merge-duplicates' },
    body: '{"id":1}',
    status: 400,
    error: { code: '42703', message: 'column "nothing" does not exist' },
  },
  {
    name: 'refuses two ranges that share no row',
    url: 'todos?limit=1',
    headers: { range: '3-4' },
    status: 416,
    error: { code: 'PGRST103', details: 'Limit should be greater than or equal to zero.' },
  },
  {
    name: 'refuses a range that ends before it begins',
    url: 'todos',
    headers: { range: '4-2' },
    status: 416,
    error: {
      code: 'PGRST103',
      details: 'The lower boundary must be lower than or equal to the upper boundary in the Range header.',
    },
  },
  {
    name: 'suggests a table from which relationships lead, where none leads from the one named',
    url: 'measures?select=id,todos(id)',
    status: 400,
    error: {
      code: 'PGRST200',
      details:
        "Searched for a foreign key relationship between 'measures' and 'todos' in the schema 'public', but no matches were found.",
    },
  },
  {
    name: 'suggests the arguments of a function that takes others',
    url: 'rpc/add?a=1&c=2',
    status: 404,
    error: { code: 'PGRST202', hint: 'Perhaps you meant to call the function public.add(a, b)' },
  },
  {
    name: 'suggests a function of a similar name',
    url: 'rpc/numberz?n=1',
    status: 404,
    error: { code: 'PGRST202', hint: 'Perhaps you meant to call the function public.numbers' },
  },
  {
    name: 'refuses any other method on functions',
    method: 'TRACE',
    url: 'rpc/add',
    status: 405,
    error: { code: 'PGRST101' },
  },
  {
    name: 'says where a tree stops making sense, its operator counted',
    url: 'todos?or=(id.eq.1,id.foo.2)',
    status: 400,
    error: {
      code: 'PGRST100',
      message: '"failed to parse logic tree ((id.eq.1,id.foo.2))" (line 1, column 15)',
    },
  },
  {
    name: 'names the time zone that does not exist, since the caller sent it',
    url: 'todos?select=created_at',
    headers: { prefer: 'timezone=Jupiter/Red_Spot' },
    status: 400,
    error: { code: '22023', message: 'invalid value for parameter "TimeZone": "Jupiter/Red_Spot"' },
  },
  {
    name: 'refuses to select one column again and again',
    url: `todos?select=${Array.from({ length: 9 }, (_, i) => `a${i}:title`)}`,
    status: 400,
    error: {
      code: 'DB9110',
      message: "The column 'title' is selected too often",
      details: 'At most 8 times are accepted.',
    },
  },
  {
    name: 'refuses to select all columns again and again, of an embedded resource too',
    url: `users?select=id,todos(${Array.from({ length: 9 }, () => '*')})`,
    status: 400,
    error: { code: 'DB9110', message: "The column '*' is selected too often" },
  },
  {
    name: 'refuses to select paths into one column again and again',
    url: `todos?select=${Array.from({ length: 65 }, (_, i) => `a${i}:data->k${i}`)}`,
    status: 400,
    error: { code: 'DB9110', details: 'At most 64 times are accepted.' },
  },
  {
    name: 'takes paths into one column, aggregates of it and itself',
    url: 'todos?select=a:priority.sum(),b:priority.avg(),c:priority.max(),d:priority.min(),e:priority.count(),f:priority::float8.sum(),g:priority::float8.avg(),h:priority::text.max(),i:priority::text.min()',
    status: 200,
  },
]
