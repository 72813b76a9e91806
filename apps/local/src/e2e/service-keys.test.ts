/** A server with a service key acts as service_role; pages cannot use one. */
import { createClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIdentityProvider, type TestIdentityProvider } from '../testing/identity.ts'
import { expectStatus, startTestStack, type TestStack } from '../testing/stack.ts'

const SCHEMA = `
  create table hidden (id int primary key, title text);
  alter table hidden enable row level security;
  create table plain (id int primary key);
  create view whole as select * from hidden;
  create materialized view frozen as select 1 as id;
  create function secrets() returns int language sql security definer set search_path = '' as
    'select count(*)::int from public.hidden';
  create function who() returns json language sql stable as
    $$ select json_build_object('user', current_user, 'role', auth.role(), 'uid', auth.user_id()) $$;
  create function become() returns void language plpgsql as $$ begin set local role authenticated; set local role anon; end $$;
  insert into hidden values (1, 'one'), (2, 'two');
  insert into plain values (7);
`

let stack: TestStack
let idp: TestIdentityProvider
let id: string
let keyId: string
let service: string
let publishable: string
beforeAll(async () => {
  idp = await startIdentityProvider()
  stack = await startTestStack()
  id = (await stack.createDatabase('servers', SCHEMA)).id
  publishable = (await stack.createKey(id)).value
  const made = await stack.api('POST', `/databases/${id}/service-keys`, {})
  expectStatus(201, made)
  service = made.json.service_key
  keyId = made.json.id
  const byo_jwt = { jwks_url: idp.jwksUrl, issuer: idp.issuer, audience: idp.audience }
  expectStatus(200, await stack.api('PUT', `/databases/${id}/auth-config`, { byo_jwt }))
})
afterAll(async () => {
  await stack?.dispose()
  await idp?.close()
})

const server = () => createClient(`${stack.url}/db/${id}`, service, { auth: { persistSession: false } })

test('supabase-js reads and writes past row level security and the key’s lists', async () => {
  const client = server()
  expect((await client.from('hidden').select('id').order('id')).data).toEqual([{ id: 1 }, { id: 2 }])
  expect((await client.from('hidden').insert({ id: 3, title: 'three' }).select()).data).toHaveLength(1)
  expect((await client.from('hidden').update({ title: '3' }).eq('id', 3).select('title')).data).toEqual([
    { title: '3' },
  ])
  expect((await client.from('hidden').delete().eq('id', 3)).error).toBeNull()
  for (const name of ['plain', 'whole', 'frozen']) expect((await client.from(name).select()).error).toBeNull()
  expect((await client.rpc('secrets')).data).toBe(2)
  expect((await client.rpc('who')).data).toEqual({ user: 'service_role', role: 'service_role', uid: null })
  expect((await client.from('absent').select()).error?.code).toBe('PGRST205')
})

test('a Bearer key alone is the same, and a publishable key beside it sees none of it', async () => {
  const read = (headers: Record<string, string>) =>
    fetch(`${stack.url}/db/${id}/rest/v1/hidden?select=id`, { headers })
  expect((await read({ authorization: `Bearer ${service}` })).status).toBe(200)
  // Together, so that reads of both may share a call to the data proxy.
  const replies = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const isService = i % 2 === 0
      const reply = await read({ apikey: isService ? service : publishable })
      return [isService, ((await reply.json()) as unknown[]).length]
    }),
  )
  for (const [isService, rows] of replies) expect(rows).toBe(isService ? 2 : 0)
})

test('with a user’s JWT it is that user, whom row level security binds', async () => {
  const headers = { apikey: service, authorization: `Bearer ${await idp.token('ada')}` }
  const who = await fetch(`${stack.url}/db/${id}/rest/v1/rpc/who`, { headers })
  expect(await who.json()).toMatchObject({ user: 'authenticated', uid: 'ada' })
  const rows = await fetch(`${stack.url}/db/${id}/rest/v1/hidden`, { headers })
  expect(await rows.json()).toEqual([])
})

test.each([
  { origin: 'http://localhost:3000' },
  { origin: 'null' },
  { 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-dest': 'empty' },
])('a request of a browser (%j) is 401 and reads nothing', async (headers) => {
  const before = await stack.callerStatements(id)
  const reply = await stack.rest(id, 'hidden', { key: service, headers })
  expect(reply.status).toBe(401)
  expect(reply.json).toMatchObject({ code: 'DB9006' })
  expect(await stack.callerStatements(id)).toBe(before)
})

describe('the login behind it', () => {
  test('becomes service_role alone, and leaves nothing to the next request', async () => {
    const client = server()
    expect((await client.rpc('become')).error).not.toBeNull()
    expect((await client.rpc('who')).data).toMatchObject({ user: 'service_role' })
  })

  test('cannot be used by a client, by any password', async () => {
    const reply = await stack.sql(id, "alter role db9_service password 'x'")
    expect(reply.json).toMatchObject({ code: '42501' })
    expect((await stack.sql(id, 'grant admin to db9_service')).json).toMatchObject({ code: '42501' })
    expect((await stack.sql(id, 'set role db9_service')).json).toMatchObject({ code: '42501' })
  })
})

test('a key of another database opens nothing here', async () => {
  const other = (await stack.createDatabase('elsewhere', 'create table hidden (id int)')).id
  expect((await stack.rest(other, 'hidden', { key: service })).status).toBe(401)
})

test('a revoked key is refused within a second', async () => {
  expectStatus(200, await stack.api('DELETE', `/databases/${id}/service-keys/${keyId}`))
  await expect
    .poll(async () => (await stack.rest(id, 'hidden', { key: service })).status, { timeout: 5_000 })
    .toBe(401)
})
