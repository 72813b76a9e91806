/** A reply that would be too large is refused before it is built: no request takes much more memory than a reply may be. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'
import { SETTINGS, type TestRequest } from './testing/requests.ts'

const SCHEMA = `
create type public.kind as enum ('a', 'b');
create table public.parents (id int primary key, name text);
insert into public.parents values (1, 'one'), (2, 'two');
create table public.big (id int primary key, parent_id int references public.parents, body text, kind public.kind, raw bytea);
insert into public.big select g, 1, (select string_agg(md5((g * k)::text), '') from generate_series(1, 300) k), 'b'
  from generate_series(1, 1000) g;
create table public.packed (id int primary key, parent_id int references public.parents, doc jsonb, n numeric, words text[]);
insert into public.packed
  select g, 2, jsonb_build_object('a', repeat('x', 1000000)), '1e131071', array_fill(null::text, array[50000])
  from generate_series(1, 300) g;
create table public.files (id int primary key, body text, raw bytea);
insert into public.files values (1, repeat('y', 9000000), null), (2, 'small', decode(repeat('00', 60000000), 'hex'));
create function public.all_big() returns setof public.big language sql stable begin atomic select * from public.big; end;
create function public.first_file() returns public.files language sql stable
  begin atomic select * from public.files where id = 1; end;
create function public.bodies() returns setof text language sql stable
  begin atomic select b.body || b.body from public.big b; end;
create function public.file() returns bytea language sql stable
  begin atomic select raw from public.files where id = 2; end;
alter table public.parents enable row level security;
alter table public.big enable row level security;
alter table public.packed enable row level security;
alter table public.files enable row level security;
create policy anyone on public.parents using (true);
create policy anyone on public.big using (true) with check (true);
create policy anyone on public.packed using (true) with check (true);
create policy anyone on public.files using (true);
grant execute on function public.file() to anon;
analyze;
`

/** What a session takes for a reply of 10 MiB that is sent: it is there as JSON, as text and as a message. */
const MOST_MEBIBYTES = 150

let database: TestDatabase
beforeAll(async () => {
  database = await TestDatabase.create(APP_SQL + SCHEMA)
})
afterAll(() => database.close())

const times = (n: number, item: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => item(i)).join(',')
const aliases = (n: number, column: string) => times(n, (i) => `a${i}:${column}`)
const as = (accept: string) => ({ headers: { accept } })
const returning = { prefer: 'return=representation' }

async function codeAndMemory(request: TestRequest): Promise<{ status: number; code: string }> {
  const { reply, mebibytes } = await database.measure(request)
  if (mebibytes !== null) expect(mebibytes).toBeLessThan(MOST_MEBIBYTES)
  return { status: reply.status, code: reply.status < 300 ? '' : JSON.parse(reply.body).code }
}

describe('a reply that would be too large', () => {
  test.each<[string, TestRequest]>([
    ['of one column a few times', { url: `big?select=${aliases(8, 'body')}` }],
    ['of one column twice under one name', { url: 'big?select=body,body' }],
    ['of all columns several times', { url: `big?select=${times(8, () => '*')}` }],
    ['of JSON that is stored in little space', { url: 'packed?select=doc' }],
    ['of numbers with many digits', { url: 'packed?select=n' }],
    ['of numbers in text', { url: `packed?select=${aliases(8, 'n::text')}` }],
    ['of arrays of nulls', { url: `packed?select=${aliases(8, 'words')}` }],
    ['of text in JSON', { url: 'packed?select=doc->>a' }],
    ['as CSV', { url: `big?select=${aliases(8, 'body')}`, ...as('text/csv') }],
    ['as CSV of JSON', { url: 'packed?select=doc', ...as('text/csv') }],
    [
      'as one object',
      { url: `big?select=${aliases(8, 'body')}`, ...as('application/vnd.pgrst.object+json') },
    ],
    ['without nulls', { url: 'packed', ...as('application/vnd.pgrst.array+json;nulls=stripped') }],
    ['with a total', { url: `big?select=${aliases(8, 'body')}`, headers: { prefer: 'count=exact' } }],
    ['of a function', { url: `rpc/all_big?select=${aliases(8, 'body')}` }],
    ['of a function’s values', { url: 'rpc/bodies' }],
    ['of a function’s only row', { url: `rpc/first_file?select=${aliases(2, 'body')}` }],
    ['of a function’s bytes', { url: 'rpc/file', ...as('application/octet-stream') }],
    ['of embedded rows', { url: `parents?select=id,big(${aliases(8, 'body')})` }],
    ['of embedded JSON', { url: 'parents?select=id,packed(doc)' }],
    ['of many embedded resources', { url: `parents?select=id,${times(20, (i) => `e${i}:big(body)`)}` }],
    ['of many with JSON', { url: `parents?select=id,${times(20, (i) => `e${i}:packed(doc,n)`)}` }],
    ['of resources in resources', { url: 'parents?select=id,big(id,parents(id,big(body)))' }],
    ['of rows that are spread', { url: 'parents?select=id,...big(b:body,c:body,d:body)' }],
    ['of JSON that is spread', { url: 'parents?select=id,...packed(b:doc,c:doc)' }],
    ['beside a parent', { url: `big?select=id,parents(*),${aliases(8, 'body')}` }],
    ['of one row', { url: `files?id=eq.1&select=${aliases(8, 'body')}` }],
    ['of one row of bytes', { url: 'files?id=eq.2' }],
    ['without a limit of rows', { url: 'packed?select=doc', settings: { max_rows: null } }],
    [
      'of what was updated',
      {
        method: 'PATCH',
        url: `big?select=${aliases(8, 'body')}`,
        body: '{"kind":"a"}',
        headers: returning,
      },
    ],
    ['of what was deleted', { method: 'DELETE', url: 'packed?select=doc', headers: returning }],
  ])('%s is refused', async (_, request) => {
    const { settings = {}, ...rest } = request
    const reply = await codeAndMemory({ ...rest, settings: { aggregates_enabled: false, ...settings } })
    expect(reply).toEqual({ status: 422, code: 'DB9108' })
  })

  test('undoes the write that it is of', async () => {
    const request = { method: 'PATCH', url: `big?select=${aliases(8, 'body')}`, body: '{"kind":"a"}' }
    expect((await database.serve({ ...request, headers: returning })).status).toBe(422)
    expect(await database.sql("select from public.big where kind = 'a'")).toEqual([])
  })

  test('says what was too large', async () => {
    const body = async (url: string) => JSON.parse((await database.serve({ url })).body)
    expect(await body(`big?select=${aliases(8, 'body')}`)).toMatchObject({
      message: 'The reply would be too large',
      details: 'At most 10485760 bytes are returned.',
    })
    expect(await body(`parents?select=${times(20, (i) => `e${i}:big(body)`)}`)).toMatchObject({
      details: 'At most 1048576 bytes of each embedded resource are returned where there are so many.',
    })
  })

  test('by the cap of the settings', async () => {
    const caps = { ...SETTINGS.caps, response_bytes: 20_000 }
    const status = async (url: string) => (await database.serve({ url, settings: { caps } })).status
    expect(await status('big?limit=2&select=body')).toBe(200)
    expect(await status('big?limit=3&select=body')).toBe(422)
    expect(await status('big?select=id&limit=1000')).toBe(200)
  })
})

describe('a reply just below that', () => {
  test.each<[string, TestRequest, number]>([
    ['of rows', { url: 'big?select=id,body' }, 9_600_000],
    ['of one large value', { url: 'files?id=eq.1' }, 9_000_000],
    ['as CSV', { url: 'big?select=id,body', ...as('text/csv') }, 9_600_000],
    ['of embedded rows', { url: 'parents?select=id,big(body)&id=eq.1' }, 9_600_000],
    ['of a function’s rows', { url: 'rpc/all_big?select=body' }, 9_600_000],
    ['of rows that are spread', { url: 'parents?select=id,...big(body)&id=eq.1' }, 9_600_000],
    ['of one row of JSON', { url: 'packed?select=doc,words&limit=1' }, 1_200_000],
  ])('%s is sent', async (_, request, least) => {
    const { reply, mebibytes } = await database.measure(request)
    expect(reply.status).toBe(200)
    expect(reply.body.length).toBeGreaterThan(least)
    if (mebibytes !== null) expect(mebibytes).toBeLessThan(MOST_MEBIBYTES)
  })
})

describe('a value that is looked into many times', () => {
  const paths = (n: number) => times(n, (i) => `p${i}:doc->>a`)

  test('is refused where its copies would be too much, and taken where they are not', async () => {
    expect(await codeAndMemory({ url: `packed?select=${paths(40)}&limit=1` })).toMatchObject({
      code: 'DB9111',
    })
    expect(await codeAndMemory({ url: `packed?select=id&order=${times(40, () => 'doc->a')}` })).toMatchObject(
      {
        code: 'DB9111',
      },
    )
    expect(await codeAndMemory({ url: `packed?select=${paths(4)}&limit=1` })).toMatchObject({ status: 200 })
    const small = { url: `users?select=${times(40, (i) => `p${i}:meta->>city`)}&id=eq.1` }
    expect(await codeAndMemory(small)).toMatchObject({ status: 200 })
  })

  test.each([
    ['ilike', (i: number) => `body=not.ilike.*q${i}*`],
    ['match', (i: number) => `body=not.match.q${i}`],
    ['fts', (i: number) => `body=not.fts.q${i}`],
  ])('by filters with %s is refused too', async (_, filter) => {
    const many = Array.from({ length: 90 }, (__, i) => filter(i)).join('&')
    expect(await codeAndMemory({ url: `files?select=id&id=eq.1&${many}` })).toMatchObject({ code: 'DB9111' })
  })

  test('by few filters is compared', async () => {
    const few = Array.from({ length: 10 }, (_, i) => `body=not.like.*q${i}*`).join('&')
    expect(await database.serve({ url: `files?select=id&id=eq.1&${few}` })).toMatchObject({
      body: '[{"id":1}]',
    })
  })

  test('by many filters is compared where it is small', async () => {
    const many = times(90, (i) => `name.ilike.*q${i}*`)
    const { body } = await database.serve({ url: `users?select=id&or=(${many},name.eq.Ada)` })
    expect(JSON.parse(body)).toEqual([{ id: 1 }])
  })
})
