import type { CorpusCase } from './corpus-case.ts'

/** What a read returns of each row. */
export const SELECT: readonly CorpusCase[] = [
  {
    name: 'reads every column of every visible row',
    url: 'labels?order=id',
    status: 200,
    expect: [
      { id: 1, label: 'red' },
      { id: 2, label: 'green' },
    ],
    has: {
      'content-range': '0-1/*',
      'content-type': 'application/json; charset=utf-8',
      'content-location': '/labels?order=id',
    },
  },
  {
    name: 'takes columns, aliases and casts',
    url: 'todos?select=id,t:title,done::text&id=eq.1',
    status: 200,
    expect: [{ id: 1, t: 'write', done: 'false' }],
  },
  {
    name: 'walks JSON paths and names the result after the last key',
    url: 'todos?select=data->a->>b,n:data->n&id=eq.1',
    status: 200,
    expect: [{ b: 'x', n: 1 }],
  },
  {
    name: 'walks into arrays by index, from the end too',
    url: 'todos?select=data->0,last:data->-1&id=eq.4',
    status: 200,
    expect: [{ data: 1, last: 2 }],
  },
  {
    name: 'walks into composite and array columns as JSON',
    url: 'users?select=tags->0&id=eq.1',
    status: 200,
    expect: [{ tags: 'a' }],
  },
  {
    name: 'tolerates spaces between items',
    url: 'todos?select=id ,%20title&id=eq.1',
    status: 200,
    expect: [{ id: 1, title: 'write' }],
  },
  {
    name: 'takes names with spaces and quotes',
    url: 'todos?select="due at"&id=eq.1',
    status: 200,
    expect: [{ 'due at': '2026-02-01' }],
  },
  {
    name: 'computes fields with functions of the row',
    url: 'todos?select=id,full_title&full_title=eq.write!',
    status: 200,
    expect: [{ id: 1, full_title: 'write!' }],
  },
  {
    name: 'keeps every digit of large numbers',
    url: 'documents?select=big,num&id=eq.1',
    status: 200,
    has: {},
    expect: '[{"big":9007199254740993,"num":1.10}]',
  },
  {
    name: 'casts to types by their SQL names, in any case',
    url: 'todos?select=id::TEXT,p:priority::double precision,f:id::float&id=eq.1',
    status: 200,
    expect: [{ id: '1', p: 3, f: 1 }],
  },
]
