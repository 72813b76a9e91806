import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EdgeStack, startEdgeStack } from '../testing/edge.ts'
import { expectStatus } from '../testing/stack.ts'

/** Caller `n` owns n rows, so that the number alone gives away whose rows are shown. */
const SCHEMA = `
  create table notes (id int generated always as identity primary key, owner text not null, title text not null);
  alter table notes enable row level security;
  create policy own on notes for select
    using (owner = coalesce(current_setting('request.jwt.claims')::json->>'sub', 'nobody'));
  insert into notes (owner, title)
    select 'caller ' || n, 'note of ' || n from generate_series(1, 24) n, generate_series(1, n);
  create function slowly() returns text language sql stable as $$ select 'done' from pg_sleep(0.05) $$;
`
const CALLERS = Array.from({ length: 24 }, (_, i) => `caller ${i + 1}`)

let edge: EdgeStack
let jwts: string[]
beforeAll(async () => {
  edge = await startEdgeStack(SCHEMA)
  jwts = await Promise.all(CALLERS.map((name) => edge.idp.token(name)))
})
afterAll(() => edge?.dispose())

const ask = (i: number, path: string) =>
  edge.rest(edge.databaseId, path, { key: edge.key, jwt: jwts[i] ?? '' })
const read = (i: number, query = 'select=owner,title') => ask(i, `notes?${query}`)
const anonymous = () => edge.rest(edge.databaseId, 'notes?select=owner,title', { key: edge.key })
const rowsOf = (i: number) =>
  Array.from({ length: i + 1 }, () => ({ owner: CALLERS[i], title: `note of ${i + 1}` }))

test('whoever reads at the same time as others sees own rows and no other’s', async () => {
  for (let round = 0; round < 20; round++) {
    const reads = CALLERS.map((_, i) => read(i))
    const [none, replies] = await Promise.all([anonymous(), Promise.all(reads)])
    for (const [i, { json }] of replies.entries()) expect(json).toEqual(rowsOf(i))
    expect(none.json).toEqual([])
  }
})

test('reads, errors, slow calls and a change of the schema at the same time are each answered for themselves', async () => {
  for (let round = 0; round < 6; round++) {
    const change = edge.sql(edge.databaseId, `alter table notes add column c${round} int default ${round}`)
    const replies = CALLERS.map(async (_, i) => {
      if (i % 4 === 0) return expect((await read(i, 'select=owner&id=eq.x')).status).toBe(400)
      if (i % 4 === 1) {
        return expect((await ask(i, 'rpc/slowly')).json).toBe('done')
      }
      return expect((await read(i)).json).toEqual(rowsOf(i))
    })
    await Promise.all(replies)
    expectStatus(200, await change)
    const added = await Promise.all(CALLERS.map((_, i) => read(i, `select=owner,c${round}&limit=1`)))
    for (const [i, { json }] of added.entries()) {
      expect(json).toEqual([{ owner: CALLERS[i], [`c${round}`]: round }])
    }
  }
})
