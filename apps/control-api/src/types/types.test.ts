import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'

let t: TestApi
let id: string
beforeAll(async () => {
  t = await startTestApi()
  id = (await t.createDatabase('typed')).id
  await t.sql(
    id,
    `create type mood as enum ('happy', 'sad');
     create table authors (id int generated always as identity primary key, name text not null, mood mood);
     create table posts (id uuid primary key, author_id int not null references authors, tags text[]);
     create schema api; create view api.post_ids as select id from public.posts;
     create function add(a int, b int default 0) returns int language sql return a + b;
     create function boom() returns trigger language plpgsql as $$ begin return new; end $$`,
  )
})
afterAll(() => t?.dispose())

const types = (query: string, options = {}) => t.call('GET', `/databases/${id}/types?${query}`, options)

describe('the types of a database', () => {
  test('are TypeScript for supabase-js: tables, relationships, functions and enums of public', async () => {
    const { status, json } = await types('')
    expect(status).toBe(200)
    for (const part of [
      'Database',
      'authors',
      'posts_author_id_fkey',
      'isOneToOne',
      'add',
      '"happy" | "sad"',
    ])
      expect(json.types).toContain(part)
    expect(json.types).not.toContain('boom')
    expect(json.types).not.toContain('post_ids')
  })

  test('are of the schemas that are asked for, and Python too', async () => {
    expect((await types('schemas=api,public')).json.types).toContain('post_ids')
    const { json } = await types('lang=python')
    expect(json.types).toContain('class PublicPosts(BaseModel)')
    expect(json.types).toMatch(/Literal\["happy", "sad"\]/)
  })

  test.each([
    ['lang=go', 400, 'lang'],
    ['schemas=', 400, 'schemas'],
    ['schemas=nothing', 422, 'there is no schema "nothing"'],
    ["schemas=public');drop table posts;--", 422, 'there is no schema'],
    [`schemas=${Array.from({ length: 21 }, (_, i) => `s${i}`)}`, 422, 'at most 20'],
  ])('are refused with %s', async (query, status, message) => {
    const reply = await types(encodeURI(query))
    expect([reply.status, reply.json.message]).toEqual([status, expect.stringContaining(message)])
    expect((await t.sql(id, 'select count(*) from posts')).status).toBe(200)
  })

  test('are the same whatever the owner has set or named', async () => {
    const before = (await types('')).json.types
    await t.sql(
      id,
      `create schema evil; create function evil.format(text, text) returns text language sql return 'evil';
       create table evil.pg_class (oid oid);
       alter role admin set search_path = evil, pg_catalog;
       alter database postgres set search_path = evil, pg_catalog`,
    )
    expect((await types('')).json.types).toBe(before)
  })

  test('are made for a few requests of an account at once, and 429 for more', async () => {
    const replies = await Promise.all(Array.from({ length: 10 }, () => types('')))
    const statuses = replies.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(6)
    expect(statuses.filter((status) => status === 429)).toHaveLength(4)
  })

  test('are read by a read-only token, in one transaction that only reads', async () => {
    const scope_json = JSON.stringify({ databases: [{ id, access: 'ro' }] })
    const { token } = (await t.call('POST', '/tokens', { body: { scope_json } })).json
    expect((await types('', { token })).status).toBe(200)
  })
})
