/** An upsert through a view touches no row that the view hides, whatever minor release of Postgres runs. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectStatus, startTestStack, type TestStack } from '../testing/stack.ts'

const SCHEMA = `
  create table notes (id int primary key, body text, published boolean not null default true);
  alter table notes enable row level security;
  create policy anyone on notes using (true) with check (true);
  create view published_notes with (security_invoker) as select id, body from notes where published;
  insert into notes values (1, 'hidden', false), (2, 'shown', true);
`

let stack: TestStack
let id: string
let key: string
beforeAll(async () => {
  stack = await startTestStack()
  id = (await stack.createDatabase('upserts', SCHEMA)).id
  key = (await stack.createKey(id)).value
})
afterAll(() => stack.dispose())

const rows = async () =>
  expectStatus(200, await stack.sql(id, 'select id, body from notes order by id')).json.rows
const upsert = (body: unknown, path = 'published_notes', method = 'POST') =>
  stack.rest(id, path, {
    key,
    method,
    body,
    headers: { prefer: 'resolution=merge-duplicates,return=representation' },
  })

test('merges what the view shows, adds what is new, and leaves what it hides as it is', async () => {
  const reply = await upsert([
    { id: 1, body: 'taken over' },
    { id: 2, body: 'changed' },
    { id: 3, body: 'new' },
  ])
  expect(reply.json).toEqual([
    { id: 2, body: 'changed' },
    { id: 3, body: 'new' },
  ])
  expect(await rows()).toEqual([
    [1, 'hidden'],
    [2, 'changed'],
    [3, 'new'],
  ])
})

test('puts no row in the place of one that the view hides', async () => {
  const reply = await upsert({ id: 1, body: 'taken over' }, 'published_notes?id=eq.1', 'PUT')
  expect(reply.text).not.toContain('taken over')
  expect((await rows())[0]).toEqual([1, 'hidden'])
})

test('merges into every row of the table itself', async () => {
  expectStatus(200, await upsert([{ id: 1, body: 'of the table' }], 'notes'))
  expect((await rows())[0]).toEqual([1, 'of the table'])
})
