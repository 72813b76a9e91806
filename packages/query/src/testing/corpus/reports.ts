/** What public bug reports of PostgREST ask, with PostgREST's answers. */
import { type CorpusCase, representation } from './corpus-case.ts'

const inReports = (cases: readonly CorpusCase[]): CorpusCase[] =>
  cases.map((request) => ({
    ...request,
    policy: { exposedSchemas: ['reports'], requireRls: false, ...request.policy },
  }))

const missingDefault = { prefer: 'missing=default,return=representation' }
const stripped = { accept: 'application/vnd.pgrst.object+json;nulls=stripped' }

export const REPORTS: readonly CorpusCase[] = inReports([
  {
    name: 'embeds from a view with aggregates of columns',
    url: 'order_counts?select=customer,orders,amount,customers(name)&order=customer',
    status: 200,
    expect: [
      { customer: 1, orders: 1, amount: 5, customers: { name: 'ann' } },
      { customer: 10, orders: 1, amount: 7, customers: { name: 'ten' } },
    ],
  },
  {
    name: 'makes up no relationship from a subselect in a view',
    url: 'orders?select=id,order_names!orders_customer_fkey(id)',
    status: 400,
    error: { code: 'PGRST200' },
  },
  {
    name: 'embeds into a view whose other column is a subselect',
    url: 'order_names?select=id,payments(id)&order=id',
    status: 200,
    expect: [
      { id: 2, payments: [{ id: 2 }] },
      { id: 10, payments: [{ id: 1 }] },
    ],
  },
  {
    name: 'takes the key of a view from its own columns alone',
    method: 'POST',
    url: 'order_keys?columns=buyer,id',
    headers: { prefer: 'return=headers-only' },
    body: JSON.stringify({ buyer: 1, id: 77 }),
    status: 201,
    has: { location: '/order_keys?id=eq.77' },
  },
  {
    name: 'embeds by a key whose name in the view has a space, through a common table expression',
    url: 'order_lists?select="my customer",payments,"{order}",customers(name)&order="my customer"',
    status: 200,
    expect: [
      { 'my customer': 1, payments: [1], '{order}': 10, customers: { name: 'ann' } },
      { 'my customer': 10, payments: [2], '{order}': 2, customers: { name: 'ten' } },
    ],
  },
  {
    name: 'embeds by the second of two columns of a view that show one column',
    url: 'duels?select=a,teams!team_b(name)',
    status: 200,
    expect: [{ a: 1, teams: { name: 'blue' } }],
  },
  {
    name: 'returns 300 where a view shows a key twice and the request does not say which',
    url: 'duels?select=a,teams(name)',
    status: 300,
    error: { code: 'PGRST201' },
  },
  {
    name: 'embeds the table that a column of a view refers to',
    url: 'staff_view?select=name,boss(name)&order=id',
    status: 200,
    expect: [
      { name: 'Boss', boss: null },
      { name: 'Worker', boss: { name: 'Boss' } },
    ],
  },
  {
    name: 'embeds a view in itself by the name of its column, where the table is not exposed',
    url: 'staff_view?select=name,boss(name)&order=id',
    policy: { exposedTables: ['staff_view'] },
    status: 200,
    expect: [
      { name: 'Boss', boss: null },
      { name: 'Worker', boss: { name: 'Boss' } },
    ],
  },
  {
    name: 'embeds the rows of a view that refer to it by its own name',
    url: 'staff_view?select=name,staff_view(name)&order=id',
    status: 200,
    expect: [
      { name: 'Boss', staff_view: [{ name: 'Worker' }] },
      { name: 'Worker', staff_view: [] },
    ],
  },
  {
    name: 'returns the columns of a domain over a row',
    url: 'rpc/one_pair',
    status: 200,
    expect: { a: 1, b: 'x' },
  },
  {
    name: 'filters and selects columns of a domain over a domain over a row',
    url: 'rpc/pairs?select=b&a=eq.2',
    status: 200,
    expect: [{ b: 'x2' }],
  },
  {
    name: 'embeds in a function that returns a domain over a table’s row',
    url: 'rpc/domain_orders?select=id,customers(name)&order=id',
    status: 200,
    expect: [
      { id: 2, customers: { name: 'ten' } },
      { id: 10, customers: { name: 'ann' } },
    ],
  },
  {
    name: 'does not return rows of a table without row level security as a domain',
    url: 'rpc/domain_orders',
    policy: { requireRls: true },
    status: 403,
  },
  {
    name: 'an empty select gives all columns',
    url: 'teams?select=&order=id',
    status: 200,
    expect: [
      { id: 1, name: 'red' },
      { id: 2, name: 'blue' },
    ],
  },
  {
    name: 'an empty select of a write gives all columns',
    method: 'POST',
    url: 'teams?select=',
    headers: representation,
    body: JSON.stringify({ id: 3, name: 'green' }),
    status: 201,
    expect: [{ id: 3, name: 'green' }],
  },
  {
    name: 'an empty select of a function gives all columns',
    url: 'rpc/pairs?select=&a=eq.1',
    status: 200,
    expect: [{ a: 1, b: 'x1' }],
  },
  {
    name: 'missing=default uses the defaults of domains, and a column’s own before them',
    method: 'POST',
    url: 'defaults?columns=id,a,b,c,d',
    headers: missingDefault,
    body: JSON.stringify({ id: 1 }),
    status: 201,
    expect: [{ id: 1, a: 7, b: 7, c: 8, d: 9 }],
  },
  {
    name: 'searches the text of domains over tsvector',
    url: 'texts?select=id&v=fts(english).rat&w=fts(english).rat',
    status: 200,
    expect: [{ id: 1 }],
  },
  {
    name: 'orders by the alias of an embedded column',
    url: 'orders?select=id,customers(label:name)&order=customers(label).desc',
    status: 200,
    expect: [
      { id: 2, customers: { label: 'ten' } },
      { id: 10, customers: { label: 'ann' } },
    ],
  },
  {
    name: 'orders by the alias of a spread column',
    url: 'orders?select=id,...customers(label:name)&order=customers(label)',
    status: 200,
    expect: [
      { id: 10, label: 'ann' },
      { id: 2, label: 'ten' },
    ],
  },
  {
    name: 'orders by the alias of a spread column beside an aggregate',
    url: 'orders?select=total:amount.sum(),...customers(label:name)&order=customers(label)',
    settings: { aggregates_enabled: true },
    status: 200,
    expect: [
      { total: 5, label: 'ann' },
      { total: 7, label: 'ten' },
    ],
  },
  {
    name: 'aggregates beside a spread that holds an embed',
    url: 'payments?select=id.sum(),...orders(customers(name))',
    settings: { aggregates_enabled: true },
    status: 200,
  },
  {
    name: 'overlooks parameters of a media type that mean nothing',
    url: 'teams?id=eq.1',
    headers: { accept: 'application/json; version=1' },
    status: 200,
    expect: [{ id: 1, name: 'red' }],
  },
  {
    name: 'overlooks them for an object',
    url: 'teams?id=eq.1',
    headers: { accept: 'application/vnd.pgrst.object+json; foo=bar' },
    status: 200,
    expect: { id: 1, name: 'red' },
  },
  {
    name: 'overlooks them for CSV',
    url: 'teams?id=eq.1',
    headers: { accept: 'text/csv; version=1' },
    status: 200,
    expect: 'id,name\n1,red',
  },
  {
    name: 'nulls=stripped means nothing for plain JSON',
    url: 'staff?id=eq.1',
    headers: { accept: 'application/json;nulls=stripped' },
    status: 200,
    expect: [{ id: 1, name: 'Boss', boss: null }],
  },
  {
    name: 'a negative offset is none',
    url: 'teams?offset=-1&select=id&order=id',
    status: 200,
    expect: [{ id: 1 }, { id: 2 }],
  },
  {
    name: 'blanks around a limit and an offset are overlooked',
    url: 'teams?limit=+1&offset=%201%20&select=id&order=id',
    status: 200,
    expect: [{ id: 2 }],
  },
  {
    name: 'takes the arguments of a function from the first line of a CSV',
    method: 'POST',
    url: 'rpc/add',
    headers: { 'content-type': 'text/csv' },
    body: 'a,b\n1,2\n5,6\n',
    status: 200,
    expect: 3,
  },
  {
    name: 'strips nulls of a scalar',
    url: 'rpc/with_null',
    headers: stripped,
    status: 200,
    expect: { a: 1 },
  },
  {
    name: 'strips nulls of a list of scalars',
    url: 'rpc/with_nulls',
    headers: { accept: 'application/vnd.pgrst.array+json;nulls=stripped' },
    status: 200,
    expect: [{ a: 1 }, null],
  },
])
