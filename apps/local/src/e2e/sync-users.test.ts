/** auth.users follows the JWTs of the database's identity provider, where the owner asks for it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startIdentityProvider, type TestIdentityProvider } from '../testing/identity.ts'
import { expectStatus, startTestStack, type TestStack } from '../testing/stack.ts'

const ADA = '6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11'
const SCHEMA = `
  create table profiles (id uuid primary key references auth.users on delete cascade, name text, ran_as text);
  alter table profiles enable row level security;
  create policy own on profiles for select using (id = auth.uid());
  create function on_user() returns trigger language plpgsql security definer set search_path = '' as $$ begin
    if new.email = 'refused@example.com' then raise exception 'not this one'; end if;
    insert into public.profiles values (new.id, new.raw_user_meta_data ->> 'full_name', session_user);
    return new;
  end $$;
  create trigger on_user after insert on auth.users for each row execute function on_user();
  create function who() returns text language sql stable as 'select auth.user_id()';
  create function forge() returns void language sql as
    $$ select auth.sync_user(gen_random_uuid(), 'forged@example.com', true, '{}') $$;
`

let stack: TestStack
let idp: TestIdentityProvider
let id: string
let key: string
beforeAll(async () => {
  idp = await startIdentityProvider()
  stack = await startTestStack()
  id = (await stack.createDatabase('synced', SCHEMA)).id
  key = (await stack.createKey(id, { rate_limit: { rps: 1000, burst: 1000 } })).value
  await configure(true)
})
afterAll(async () => {
  await stack?.dispose()
  await idp?.close()
})

async function configure(sync_users: boolean): Promise<void> {
  const byo_jwt = { jwks_url: idp.jwksUrl, issuer: idp.issuer, audience: idp.audience }
  const reply = await stack.api('PUT', `/databases/${id}/auth-config`, { byo_jwt, sync_users })
  expectStatus(200, reply)
  expect(reply.json.sync_users).toBe(sync_users)
}

const ask = async (subject: string, claims: Record<string, unknown> = {}, path = 'rpc/who') =>
  stack.rest(id, path, { key, jwt: await idp.token(subject, { claims }) })
const users = async (where: string) => {
  const { json } = await stack.sql(
    id,
    `select id, email, email_confirmed_at is not null as confirmed, raw_user_meta_data as meta from auth.users where ${where}`,
  )
  return json.rows as unknown[][]
}

test('a user is there with the first request, so that it finds what a trigger has made', async () => {
  const claims = { email: 'ada@example.com', email_verified: true, name: 'Ada' }
  const reply = await ask(ADA, claims, 'profiles?select=id,name,ran_as')
  expect(reply.json).toEqual([{ id: ADA, name: 'Ada', ran_as: 'db9_service' }])
  const [[, email, confirmed, meta] = []] = await users(`id = '${ADA}'`)
  expect([email, confirmed]).toEqual(['ada@example.com', true])
  expect(meta).toMatchObject({ sub: ADA, full_name: 'Ada', name: 'Ada' })
  expect(meta).not.toHaveProperty('exp')
})

test('changed claims change the row: what is no longer in them goes, as does the confirmation of another address', async () => {
  await ask(ADA, { email: 'ada@example.com', email_verified: true, groups: ['staff'] })
  await ask(ADA, { email: 'ada@other.example', name: 'Ada L.' })
  const [[, email, confirmed, meta] = []] = await users(`id = '${ADA}'`)
  expect([email, confirmed]).toEqual(['ada@other.example', false])
  expect(meta).toMatchObject({ full_name: 'Ada L.' })
  expect(meta).not.toHaveProperty('groups')
})

test('a subject that is no UUID has a stable one, and its own in the row', async () => {
  expect((await ask('auth0|42', { email: 'bob@example.com' })).json).toBe('auth0|42')
  await ask('auth0|42', { email: 'bob@example.com', name: 'Bob' })
  const found = await users(`raw_user_meta_data ->> 'sub' = 'auth0|42'`)
  expect(found).toEqual([[expect.stringMatching(/^.{14}5/), 'bob@example.com', false, expect.anything()]])
})

test('an address of another user is left to that one', async () => {
  await ask('auth0|43', { email: 'bob@example.com' })
  expect((await users(`email = 'bob@example.com'`)).length).toBe(1)
  expect((await users(`raw_user_meta_data ->> 'sub' = 'auth0|43'`))[0]?.[1]).toBeNull()
})

test('where a trigger raises, the request goes on, and there is no such user', async () => {
  expect((await ask('auth0|44', { email: 'refused@example.com' })).json).toBe('auth0|44')
  expect(await users(`email = 'refused@example.com'`)).toEqual([])
})

test('no caller can make users: not by the function, nor by a claim of another role', async () => {
  expect((await ask(ADA, {}, 'rpc/forge')).json).toMatchObject({ code: '42501' })
  expect((await stack.rest(id, 'rpc/forge', { key })).json).toMatchObject({ code: '42501' })
  expect(await users(`email = 'forged@example.com'`)).toEqual([])
})

test('without sync_users nothing is written', async () => {
  await configure(false)
  await expect
    .poll(async () => {
      const subject = crypto.randomUUID()
      await ask(subject)
      return (await users(`id = '${subject}'`)).length
    })
    .toBe(0)
})
