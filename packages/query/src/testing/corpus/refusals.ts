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
]
