import type { CorpusCase } from './corpus-case.ts'

/** Aggregates, and what they are grouped by. */
export const AGGREGATES: readonly CorpusCase[] = [
  {
    name: 'groups by the other columns',
    url: 'todos?select=user_id,priority.sum(),n:id.count()&order=user_id',
    status: 200,
    expect: [
      { user_id: 1, sum: 4, n: 2 },
      { user_id: 2, sum: 2, n: 1 },
      { user_id: null, sum: null, n: 1 },
    ],
  },
  {
    name: 'casts before and after aggregating',
    url: 'todos?select=total:priority::float8.sum()::text',
    status: 200,
    expect: [{ total: '6' }],
  },
  {
    name: 'refuses to order by what is not grouped',
    url: 'todos?select=priority.sum(),users(name)&user_id=not.is.null&order=user_id',
    status: 400,
    error: { code: '42803' },
  },
  {
    name: 'groups by embedded objects',
    url: 'todos?select=user_id,priority.sum(),users(name)&user_id=not.is.null&order=user_id',
    status: 200,
    expect: [
      { user_id: 1, sum: 4, users: { name: 'Ada' } },
      { user_id: 2, sum: 2, users: { name: 'Grace' } },
    ],
  },
  {
    name: 'groups by spread columns',
    url: 'todos?select=priority.sum(),...users(owner:name)&user_id=not.is.null&id=lte.2',
    status: 200,
    expect: [{ sum: 4, owner: 'Ada' }],
  },
  {
    name: 'aggregates spread columns over the rows of the parent',
    url: 'todos?select=done,...users(user_id:id.max(),n:count())&order=done',
    status: 200,
    expect: [
      { done: false, user_id: 2, n: 2 },
      { done: true, user_id: 1, n: 1 },
    ],
  },
  {
    name: 'aggregates through several spreads',
    url: 'todo_labels?select=label_id,...todos(...users(first:id.min()))&order=label_id',
    status: 200,
    expect: [
      { label_id: 1, first: 1 },
      { label_id: 2, first: 1 },
    ],
  },
  {
    name: 'does not aggregate in spreads of children',
    url: 'users?select=id,...todos(priority.sum())',
    status: 400,
    error: {
      code: 'PGRST127',
      details: 'Aggregates are not implemented for one-to-many or many-to-many spreads.',
    },
  },
  {
    name: 'counts groups',
    url: 'todos?select=user_id,priority.sum()&order=user_id&limit=1',
    headers: { prefer: 'count=exact' },
    status: 206,
    has: { 'content-range': '0-0/3' },
  },
  {
    name: 'spreads inside what is embedded through a junction',
    url: 'labels?select=label,todos(title,...users(owner:name))&id=eq.1',
    status: 200,
    expect: [{ label: 'red', todos: [{ title: 'write', owner: 'Ada' }] }],
  },
  {
    name: 'refuses aggregates where they are off',
    url: 'todos?select=count()',
    settings: { aggregates_enabled: false },
    status: 400,
    error: { code: 'PGRST123', message: 'Use of aggregate functions is not allowed' },
  },
  {
    name: 'orders groups by a column that is spread into them',
    url: 'todos?select=n:count(),...users(owner:name)&order=users(name).desc.nullslast',
    status: 200,
    expect: [
      { n: 1, owner: 'Grace' },
      { n: 2, owner: 'Ada' },
      { n: 1, owner: null },
    ],
  },
  {
    name: 'cannot order groups by what they are not grouped by',
    url: 'todos?select=n:count(),...users(owner:name)&order=users(id)',
    status: 400,
    error: { code: '42803' },
  },
  {
    name: 'names an aggregate that there is not as Postgres would',
    url: 'todos?select=data.sum()',
    status: 404,
    error: { code: '42883', message: 'function sum(jsonb) does not exist' },
  },
]
