import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus, startTestStack, type TestStack } from '../testing/stack.ts'

const SCHEMA = `
  create table notes (id int primary key, title text);
  alter table notes enable row level security;
  create policy readable on notes for select using (true);
  insert into notes values (1, 'Hello');
`

let stack: TestStack
let id: string
let key: string

beforeAll(async () => {
  stack = await startTestStack()
  id = (await stack.createDatabase('changing', SCHEMA)).id
  key = (await stack.createKey(id)).value
  expectStatus(200, await stack.rest(id, 'notes', { key }))
})
afterAll(() => stack?.dispose())

async function migrate(sql: string): Promise<void> {
  expectStatus(200, await stack.sql(id, sql))
}

test('the request right after a migration sees the new table, column and function', async () => {
  await migrate('alter table notes add column stars int default 5')
  expect((await stack.rest(id, 'notes?select=stars&stars=eq.5', { key })).json).toEqual([{ stars: 5 }])
  await migrate(
    "create function greet(name text) returns text language sql stable as $$ select 'Hi ' || name $$",
  )
  expect((await stack.rest(id, 'rpc/greet?name=Ada', { key })).json).toBe('Hi Ada')
  expect((await stack.rest(id, 'tags', { key })).status).toBe(404)
  await migrate('create table tags (id int); alter table tags enable row level security')
  expect((await stack.rest(id, 'tags', { key })).json).toEqual([])
})

test('a table is closed by the request right after its row level security went, and open when it is back', async () => {
  await migrate('alter table notes disable row level security')
  expect((await stack.rest(id, 'notes', { key })).status).toBe(403)
  await migrate('alter table notes enable row level security')
  expect((await stack.rest(id, 'notes', { key })).status).toBe(200)
})

test('two tables that swap names in one migration never answer for each other', async () => {
  await migrate('create table private_notes (id int primary key, title text)')
  await migrate(
    "alter table private_notes enable row level security; insert into private_notes values (1, 'Private')",
  )
  expect((await stack.rest(id, 'notes?select=title', { key })).json).toEqual([{ title: 'Hello' }])
  await migrate(
    'begin; alter table notes rename to aside; alter table private_notes rename to notes; alter table aside rename to private_notes; commit',
  )
  expect((await stack.rest(id, 'notes?select=title', { key })).json).toEqual([])
  expect((await stack.rest(id, 'private_notes?select=title', { key })).json).toEqual([{ title: 'Hello' }])
})

test('a dropped column is gone in the next request, and the error names it', async () => {
  await migrate('alter table tags add column gone int')
  expect((await stack.rest(id, 'tags?select=gone', { key })).status).toBe(200)
  await migrate('alter table tags drop column gone')
  const reply = await stack.rest(id, 'tags?select=gone', { key })
  expect([reply.status, reply.json.code]).toEqual([400, '42703'])
})
