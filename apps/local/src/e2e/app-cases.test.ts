/**
 * What apps written for Supabase and Neon do in their migrations and first requests. Each case is one statement or one request,
 * with what it is answered with here.
 */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startIdentityProvider, type TestIdentityProvider } from '../testing/identity.ts'
import { expectStatus, startTestStack, type TestDatabase, type TestStack } from '../testing/stack.ts'

const TABLE = `create table t (id bigint generated always as identity primary key, user_id uuid, org_id text, email text, n int);
  alter table t enable row level security; create policy p on t for all to authenticated using (true) with check (true);`

/** The rows of its last statement, where they count. */
interface Statement {
  name: string
  setup?: string
  sql: string
  rows?: unknown[]
  refused?: { code: string; hint: RegExp }
}

const STATEMENTS: Statement[] = [
  {
    name: 'a uuid column whose default is auth.uid()',
    sql: 'create table a (owner uuid not null default auth.uid())',
  },
  {
    name: 'auth.uid() in a function without a search_path',
    setup: TABLE,
    sql: "create function mine() returns setof t language sql stable security invoker set search_path = '' as $$ select * from public.t where user_id = auth.uid() $$",
  },
  {
    name: 'auth.uid() as the uuid argument of a function',
    setup: `${TABLE} create function has_role(u uuid, r text) returns boolean language sql stable as $$ select false $$`,
    sql: "create policy q on t for select using (has_role(auth.uid(), 'admin'))",
  },
  {
    name: 'auth.uid() unlike a uuid',
    setup: TABLE,
    sql: 'create policy q on t for select using (auth.uid() <> user_id)',
  },
  {
    name: 'auth.uid() in coalesce with a uuid',
    setup: TABLE,
    sql: "create policy q on t for select using (coalesce(auth.uid(), '00000000-0000-0000-0000-000000000000'::uuid) = user_id)",
  },
  {
    name: 'auth.uid() in CASE with a uuid',
    setup: TABLE,
    sql: 'create policy q on t for select using (user_id = case when auth.uid() is null then null::uuid else auth.uid() end)',
  },
  {
    name: 'auth.uid() as what an SQL function returns',
    sql: 'create function me() returns uuid language sql stable as $$ select auth.uid() $$',
  },
  {
    name: 'auth.uid() in an array of uuids',
    setup: 'create table s (id int primary key, shared_with uuid[]); alter table s enable row level security',
    sql: 'create policy q on s for select using (shared_with @> array[auth.uid()])',
  },
  {
    name: 'auth.uid() in a union with uuids',
    setup: TABLE,
    sql: 'create view w with (security_invoker = true) as select user_id as u from t union select auth.uid()',
  },
  {
    name: 'a reference to auth.users',
    sql: 'create table profiles (id uuid primary key references auth.users on delete cascade)',
  },
  {
    name: 'a trigger on auth.users',
    setup:
      'create function on_new() returns trigger language plpgsql security definer as $$ begin return new; end $$',
    sql: 'create trigger on_new after insert on auth.users for each row execute function on_new()',
  },
  { name: 'auth.email()', setup: TABLE, sql: 'create policy q on t for select using (auth.email() = email)' },
  {
    name: 'auth.user_id() as text, as Neon has it',
    sql: 'create table n (owner text default auth.user_id())',
  },
  { name: 'a table of role postgres', setup: TABLE, sql: 'alter table t owner to postgres' },
  { name: 'a grant to supabase_auth_admin', setup: TABLE, sql: 'grant select on t to supabase_auth_admin' },
  {
    name: 'the rights of service_role on new tables',
    setup: TABLE,
    sql: "select has_table_privilege('service_role', 't', 'select') as can",
    rows: [{ can: true }],
  },
  { name: 'SET ROLE service_role', sql: 'set local role service_role' },
  { name: 'triggers off, as dumps begin', sql: 'set session_replication_role = replica' },
  {
    name: 'a setting of the app on the database',
    sql: `alter database postgres set "app.settings.url" = 'x'`,
  },
  {
    name: 'the publication of realtime',
    setup: TABLE,
    sql: 'alter publication supabase_realtime add table t',
  },
  {
    name: 'a bucket of storage',
    sql: "insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true)",
  },
  {
    name: 'a policy on realtime.messages',
    sql: 'create policy q on realtime.messages for select to authenticated using (true)',
  },
  {
    name: 'uuid_generate_v4() without an extension',
    sql: 'create table g (id uuid primary key default uuid_generate_v4())',
  },
  {
    name: 'uuid_generate_v4() in schema extensions',
    setup: 'create extension if not exists "uuid-ossp"',
    sql: 'select extensions.uuid_generate_v4() is not null as is',
    rows: [{ is: true }],
  },
  {
    name: 'crypt() without an extension',
    sql: "select crypt('x', gen_salt('bf')) is not null as is",
    rows: [{ is: true }],
  },
  {
    name: 'vector, where no operator has added it',
    sql: 'create extension if not exists vector with schema extensions',
    refused: { code: '0A000', hint: /DB9_EXTENSIONS/ },
  },
  { name: 'pg_cron', sql: 'create extension if not exists pg_cron with schema pg_catalog' },
  { name: 'pg_net', sql: 'create extension if not exists pg_net with schema extensions' },
  { name: 'moddatetime', sql: 'create extension if not exists moddatetime schema extensions' },
  {
    name: 'an event trigger of the owner',
    setup: 'create function ev() returns event_trigger language plpgsql as $$ begin end $$',
    sql: 'create event trigger ev on ddl_command_end execute function ev()',
    refused: { code: '42501', hint: /event trigger/i },
  },
]

let stack: TestStack
let database: TestDatabase
let idp: TestIdentityProvider
let key: string
let client: pg.Client
beforeAll(async () => {
  idp = await startIdentityProvider()
  stack = await startTestStack()
  database = await stack.createDatabase('cases')
  const byo_jwt = { jwks_url: idp.jwksUrl, issuer: idp.issuer, audience: idp.audience }
  expectStatus(200, await stack.api('PUT', `/databases/${database.id}/auth-config`, { byo_jwt }))
  key = (await stack.createKey(database.id)).value
  client = new pg.Client(database.connection_string)
  await client.connect()
})
afterAll(async () => {
  await client?.end()
  await stack?.dispose()
  await idp?.close()
})

describe('a migration', () => {
  test.each(STATEMENTS)('with $name', async ({ setup = '', sql, rows, refused }) => {
    await client.query(`begin; ${setup}`)
    try {
      const work = client.query(sql)
      if (refused)
        await expect(work).rejects.toMatchObject({
          code: refused.code,
          hint: expect.stringMatching(refused.hint),
        })
      else if (rows) expect((await work).rows).toEqual(rows)
      else await work
    } finally {
      await client.query('rollback')
    }
  })
})

const ADA = '6f1c0e9a-3f7c-4b35-9a59-0d4f1a4c1c11'

interface Call {
  name: string
  setup: string
  path: string
  body?: unknown
  isSignedIn: boolean
  status: number
  json: unknown
}

const BOSS = (search: string) => `
  create table m (user_id uuid primary key, role text); alter table m enable row level security;
  create table d (id int primary key); alter table d enable row level security; insert into d values (1);
  create function is_boss() returns boolean language plpgsql stable security definer set search_path = ${search} as $$
  begin return exists (select 1 from public.m where m.user_id = auth.uid() and m.role = 'boss'); end $$;
  create policy p on d for select to authenticated using (is_boss());`

const CALLS: Call[] = [
  {
    name: 'a function inserts the caller’s id into a uuid column',
    setup: `${TABLE} create function add_mine() returns uuid language plpgsql as $$ declare i uuid;
      begin insert into public.t (user_id) values (auth.uid()) returning user_id into i; return i; end $$;`,
    path: 'rpc/add_mine',
    body: {},
    isSignedIn: true,
    status: 200,
    json: ADA,
  },
  ...["''", 'public'].map((search) => ({
    name: `a helper of policies with search_path ${search} lets nobody in who is not named`,
    setup: BOSS(search),
    path: 'd?select=id',
    isSignedIn: true,
    status: 200,
    json: [],
  })),
  {
    name: 'such a helper lets in who is named',
    setup: `${BOSS("''")} insert into m values ('${ADA}', 'boss');`,
    path: 'd?select=id',
    isSignedIn: true,
    status: 200,
    json: [{ id: 1 }],
  },
  {
    name: 'a policy reads a claim of the token',
    setup: `create table e (id int primary key, email text); alter table e enable row level security;
      insert into e values (1, 'ada@example.com'), (2, 'bob@example.com');
      create policy p on e for select to authenticated using (email = auth.jwt() ->> 'email');`,
    path: 'e?select=id',
    isSignedIn: true,
    status: 200,
    json: [{ id: 1 }],
  },
  {
    name: 'a SECURITY DEFINER function that the key does not name says where to name it',
    setup: `create function hello(name text) returns text language sql security definer set search_path = ''
      as $$ select 'hello ' || name $$;`,
    path: 'rpc/hello',
    body: { name: 'x' },
    isSignedIn: false,
    status: 403,
    json: expect.objectContaining({ code: 'DB9208', hint: expect.stringContaining('exposed_functions') }),
  },
  {
    name: 'a view with its owner’s rights says which statement mends it',
    setup: `${TABLE} create view w as select id from t;`,
    path: 'w',
    isSignedIn: false,
    status: 403,
    json: expect.objectContaining({ code: 'DB9203', hint: expect.stringContaining('security_invoker') }),
  },
  {
    name: 'a table without policies says which statement mends it',
    setup: 'create table x (id int primary key);',
    path: 'x',
    isSignedIn: false,
    status: 403,
    json: expect.objectContaining({
      code: 'DB9201',
      hint: expect.stringContaining('ENABLE ROW LEVEL SECURITY'),
    }),
  },
]

describe('a request', () => {
  test.each(CALLS)('of which $name', async ({ setup, path, body, isSignedIn, status, json }) => {
    await client.query(
      `drop schema public cascade; create schema public; grant usage on schema public to anon, authenticated; ${setup}`,
    )
    const jwt = isSignedIn ? await idp.token(ADA, { claims: { email: 'ada@example.com' } }) : undefined
    const method = body === undefined ? 'GET' : 'POST'
    const reply = await stack.rest(database.id, path, {
      key,
      method,
      ...(jwt && { jwt }),
      ...(body !== undefined && { body }),
    })
    expect({ status: reply.status, json: reply.json }).toEqual({ status, json })
  })

  test('with a JWT and no key, as clients of Neon’s Data API send it, is told both headers', async () => {
    const jwt = await idp.token(ADA)
    const reply = await stack.rest(database.id, 't', { jwt })
    expect(reply.status).toBe(401)
    expect(reply.json.hint).toMatch(/apikey/)
    expect(reply.json.hint).toMatch(/Authorization/)
  })
})

test.each([
  ["alter role authenticator set pgrst.db_aggregates_enabled = 'true'", /data-api/],
  ["alter role anon set statement_timeout = '10s'", /statement_timeout_ms/],
])('SQL over HTTP says where to set what %s asks for', async (query, hint) => {
  const reply = await stack.sql(database.id, query)
  expect([reply.status, reply.json.code]).toEqual([422, '42501'])
  expect(reply.json.hint).toMatch(hint)
})

test('a file of statements says which of them failed, and where', async () => {
  const query =
    "create type mood as enum ('a');\n\n-- profile of a user\ncreate table p (id uuid references nobody(id));\ncreate table q (id int);"
  const reply = await stack.sql(database.id, query)
  expect(reply.status).toBe(422)
  expect(reply.json).toMatchObject({ code: '42P01', line: 4, statement: 2 })
})
