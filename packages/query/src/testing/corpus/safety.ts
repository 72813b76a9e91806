import type { CorpusCase } from './corpus-case.ts'

/** What is not safe is refused. */
export const SAFETY: readonly CorpusCase[] = [
  {
    name: 'refuses a table without row level security',
    url: 'naked',
    status: 403,
    error: { code: 'DB9201', message: "Row level security is not enabled on 'naked'" },
  },
  {
    name: 'reads a table without row level security where the key allows it',
    url: 'naked',
    policy: { requireRls: false },
    status: 200,
    expect: [{ id: 1, secret: 'naked' }],
  },
  {
    name: 'refuses a table whose policies do not bind its owner',
    url: 'owned',
    status: 403,
    error: { code: 'DB9202' },
  },
  {
    name: 'refuses a view with the rights of its owner',
    url: 'todos_plain',
    status: 403,
    error: { code: 'DB9203' },
  },
  {
    name: 'reads a view with the rights of the caller',
    url: 'todos_chain?id=eq.1',
    status: 200,
    expect: [{ id: 1, title: 'write' }],
  },
  { name: 'refuses a view of an unsafe table', url: 'naked_view', status: 403, error: { code: 'DB9204' } },
  {
    name: 'refuses a view of a view of an unsafe table',
    url: 'naked_chain',
    status: 403,
    error: { code: 'DB9204' },
  },
  { name: 'refuses a view of system tables', url: 'system_view', status: 403, error: { code: 'DB9204' } },
  { name: 'refuses a materialized view', url: 'todos_mat', status: 403, error: { code: 'DB9205' } },
  {
    name: 'refuses a view that calls a function with the rights of its owner',
    url: 'leaky',
    status: 403,
    error: { code: 'DB9207', message: "The view 'leaky' calls a function with the rights of its owner" },
  },
  { name: 'refuses a view of such a view', url: 'leaky_chain', status: 403, error: { code: 'DB9207' } },
  {
    name: 'reads a view whose functions the key names',
    url: 'leaky_chain?select=secret',
    policy: { exposedFunctions: ['all_secrets'] },
    status: 200,
    expect: [{ secret: 'hidden' }],
  },
]
