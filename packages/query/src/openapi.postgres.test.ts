import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { responseSteps, toResponse } from './response/response.ts'
import { toBatch } from './sql/statement.ts'
import { TestDatabase } from './testing/database.ts'
import { SESSION, SETTINGS, type TestRequest } from './testing/requests.ts'

const SCHEMA = `
comment on schema public is E'Films\\n\\nEverything about films.';
create type public.colour as enum ('red', 'green');
create domain public.code as varchar(8) not null;
create domain public.longer as bigint not null;
create domain public.nested as public.longer;
create table public.directors (id int primary key, name text not null default 'nobody');
create table public.films (
  id bigint generated always as identity primary key,
  title varchar(80) not null,
  director_id int references public.directors,
  tags text[], meta jsonb, colour public.colour default 'red', code public.code,
  rating numeric default 1.5, seen boolean default false, made timestamptz default now()
);
comment on table public.films is E'A film\\nThat somebody made.';
comment on column public.films.title is 'Its title';
comment on column public.films.director_id is 'Who made it';
create table public.private_notes (id int primary key);
create table public.unguarded (id int primary key);
create view public.titles with (security_invoker = true) as select distinct title from public.films;
create function public.find(term text, tags text[] default '{}', variadic ids int[] default '{}')
  returns setof public.films language sql stable begin atomic select * from public.films; end;
comment on function public.find is 'Finds films';
create function public.mark(id int, meta jsonb) returns void language plpgsql as $$ begin end $$;
create function public.label(public.films) returns text language sql stable return $1.title;
create function public.whole(json) returns json language sql immutable return $1;
create table public.nests (id smallint primary key, n public.nested, c public.code[]);
alter table public.nests enable row level security;
create function public.closed() returns int language sql immutable return 1;
alter table public.films enable row level security;
alter table public.directors enable row level security;
alter table public.private_notes enable row level security;
create schema private;
create type private.level as enum ('secret-level', 'other');
create domain private.levels as private.level[];
create domain private.short as text check (length(value) < 9);
create type private.pair as (hidden_member int);
create function private.gen(text) returns text language sql immutable return $1;
create table public.mixed (
  id int primary key, key text default private.gen('sk_live_123'), level private.level default 'secret-level',
  levels private.level[], domained private.levels, short private.short default 'it''s', pair private.pair,
  note public.private_notes, notes public.private_notes[], film public.films, code char(3) default 'ab',
  n int default -5, big bigint default '-7', ratio float8 default 1.5, flag boolean default true, at date default '2026-01-02',
  computed int default 1 + 1, casted text default upper('quoted'), nothing text default null, doc jsonb default '{"a": 1}',
  list text[] default '{a}', url varchar(40) default 'https://example.com/?a="b"\\c'
);
alter table public.mixed enable row level security;
create function public.take(level private.level, note public.private_notes, film public.films, variadic levels private.level[])
  returns int language sql immutable return 1;
revoke all on public.private_notes from anon;
revoke execute on function public.closed() from public;
`

let database: TestDatabase
// biome-ignore lint/suspicious/noExplicitAny: a document of many shapes, each asserted where it is read
let document: any

const describeSchema = async (request: Partial<TestRequest> = {}) =>
  JSON.parse((await database.serve({ url: '', ...request })).body)

beforeAll(async () => {
  database = await TestDatabase.create(SCHEMA)
  document = await describeSchema()
})
afterAll(() => database.close())

const parameter = (name: string) => document.parameters[name]

describe('the description of a schema', () => {
  test('says what it is, in the words of the schema’s comment', () => {
    expect(document).toMatchObject({
      swagger: '2.0',
      basePath: '/rest/v1',
      info: { title: 'Films', description: 'Everything about films.' },
    })
  })

  test('tells what a domain of a domain is made of', () => {
    expect(document.definitions.nests).toMatchObject({
      required: ['id', 'n'],
      properties: { id: { type: 'integer', format: 'int32' }, n: { type: 'integer', format: 'int64' } },
    })
  })

  test('lists no function whose arguments a request cannot name', async () => {
    expect(document.paths).not.toHaveProperty('/rpc/label')
    expect(document.paths).toHaveProperty('/rpc/whole')
    expect((await database.serve({ method: 'OPTIONS', url: 'rpc/label' })).status).toBe(404)
    expect((await database.serve({ method: 'OPTIONS', url: 'rpc/whole' })).status).toBe(200)
  })

  test('holds what the role may use and may read safely, and nothing else', () => {
    expect(Object.keys(document.paths).sort()).toEqual([
      '/',
      '/directors',
      '/films',
      '/mixed',
      '/nests',
      '/rpc/find',
      '/rpc/mark',
      '/rpc/take',
      '/rpc/whole',
      '/titles',
    ])
    expect(Object.keys(document.definitions).sort()).toEqual([
      'directors',
      'films',
      'mixed',
      'nests',
      'titles',
    ])
    expect(JSON.stringify(document.paths)).not.toMatch(/unguarded|closed/)
  })

  test('holds only what the key exposes', async () => {
    const narrowed = await describeSchema({
      policy: { exposedTables: ['films'], exposedFunctions: ['mark'] },
    })
    expect(Object.keys(narrowed.paths).sort()).toEqual(['/', '/films', '/rpc/mark'])
    expect(JSON.stringify(narrowed)).not.toContain('directors')
  })

  test('lists the methods of a table, with the first line of its comment as summary', () => {
    const path = document.paths['/films']
    expect(Object.keys(path).sort()).toEqual(['delete', 'get', 'patch', 'post'])
    expect(path.get).toMatchObject({
      tags: ['films'],
      summary: 'A film',
      description: 'That somebody made.',
      responses: { 200: { schema: { type: 'array', items: { $ref: '#/definitions/films' } } } },
    })
    expect(path.get.parameters).toContainEqual({ $ref: '#/parameters/rowFilter.films.title' })
    expect(path.post.parameters[0]).toEqual({ $ref: '#/parameters/body.films' })
    expect(Object.keys(document.paths['/titles'])).toEqual(['get'])
  })

  test('names parameters once', () => {
    expect(parameter('rowFilter.films.title')).toEqual({
      name: 'title',
      description: 'Its title',
      required: false,
      in: 'query',
      type: 'string',
    })
    expect(parameter('body.films')).toMatchObject({ in: 'body', schema: { $ref: '#/definitions/films' } })
    expect(parameter('preferPost').enum).toContain('resolution=merge-duplicates')
    expect(parameter('rangeUnit')).toMatchObject({ in: 'header', default: 'items' })
  })

  test('tells of each column its type, keys, default, labels and length', () => {
    expect(document.definitions.films).toMatchObject({ type: 'object', required: ['id', 'title', 'code'] })
    const { properties } = document.definitions.films
    expect(properties).toEqual({
      id: {
        type: 'integer',
        format: 'int64',
        description: 'Note:\nThis is a Primary Key.<pk/>',
      },
      title: { type: 'string', format: 'character varying', description: 'Its title', maxLength: 80 },
      director_id: {
        type: 'integer',
        format: 'int32',
        description:
          "Who made it\n\nNote:\nThis is a Foreign Key to `directors.id`.<fk table='directors' column='id'/>",
      },
      tags: { type: 'array', items: { type: 'string' }, format: 'text[]' },
      meta: { format: 'jsonb' },
      colour: { type: 'string', format: 'public.colour', default: 'red', enum: ['red', 'green'] },
      code: { type: 'string', format: 'character varying', maxLength: 8 },
      rating: { type: 'number', format: 'numeric', default: 1.5 },
      seen: { type: 'boolean', format: 'boolean', default: false },
      made: { type: 'string', format: 'timestamp with time zone' },
    })
  })

  test('tells of each function its arguments, for GET only where it has no effects', () => {
    const { get, post } = document.paths['/rpc/find']
    expect(get).toMatchObject({ tags: ['(rpc) find'], summary: 'Finds films' })
    expect(get.parameters).toEqual([
      { name: 'term', required: true, in: 'query', type: 'string', format: 'text' },
      { name: 'tags', required: false, in: 'query', type: 'string', format: 'text[]' },
      {
        name: 'ids',
        required: false,
        in: 'query',
        type: 'array',
        collectionFormat: 'multi',
        items: { type: 'integer', format: 'int32' },
      },
    ])
    expect(post.parameters[0].schema).toMatchObject({ type: 'object', required: ['term'] })
    expect(Object.keys(document.paths['/rpc/mark'])).toEqual(['post'])
    expect(document.paths['/rpc/mark'].post.parameters[0].schema.properties).toEqual({
      id: { type: 'integer', format: 'int32' },
      meta: { format: 'jsonb' },
    })
  })

  test('tells no default but a literal, and no type, label or function of a schema that is not exposed', async () => {
    const listed = { exposedTables: ['films', 'directors', 'mixed', 'titles'], exposedFunctions: ['take'] }
    const shown = await describeSchema({ policy: listed })
    const { properties } = shown.definitions.mixed
    expect(properties).toMatchObject({ id: { type: 'integer' }, key: { type: 'string', format: 'text' } })
    for (const name of ['level', 'levels', 'domained', 'pair', 'note', 'notes']) {
      expect([name, properties[name]]).toEqual([name, {}])
    }
    expect(properties.short).toEqual({ type: 'string', format: 'text', default: "it's" })
    expect(properties.film).toEqual({ type: 'string', format: 'public.films' })
    const defaults = Object.entries<{ default?: unknown }>(properties).flatMap(([name, property]) =>
      'default' in property ? [[name, property.default]] : [],
    )
    expect(Object.fromEntries(defaults)).toEqual({
      short: "it's",
      code: 'ab',
      n: -5,
      big: -7,
      ratio: 1.5,
      flag: true,
      at: '2026-01-02',
      url: 'https://example.com/?a="b"\\c',
    })
    const { get, post } = shown.paths['/rpc/take']
    expect(get.parameters).toEqual([
      { name: 'level', required: true, in: 'query', type: 'string' },
      { name: 'note', required: true, in: 'query', type: 'string' },
      { name: 'film', required: true, in: 'query', type: 'string', format: 'public.films' },
      { name: 'levels', required: true, in: 'query', type: 'string' },
    ])
    expect(post.parameters[0].schema.properties).toMatchObject({ level: {}, note: {} })
    expect(JSON.stringify(shown)).not.toMatch(/private|sk_live|secret-level|hidden_member|gen\(|upper/)
  })

  test('is made in a step for each table and function, and is then the same', async () => {
    const many = Array.from({ length: 30 }, (_, i) => `many_${i}`)
    for (const name of many) await database.sql(`create table public.${name} (id int primary key)`)
    await database.sql(`grant select on ${many.join()} to anon`)
    await database.refresh()
    const plan = database.plan({ url: '', policy: { requireRls: false } })
    const row = await database.run(toBatch(plan, SESSION, SETTINGS, database.catalog.version))
    await database.sql(`drop table ${many.join()}`)
    await database.refresh()
    const steps = responseSteps(plan, row)
    let count = 0
    let step = steps.next()
    for (; !step.done; step = steps.next()) count++
    expect(step.value).toEqual(toResponse(plan, row))
    const { paths } = JSON.parse(step.value.body)
    expect(paths).toHaveProperty('/many_29')
    expect(count).toBeGreaterThanOrEqual(2 * 30)
  })

  test('is no longer than a reply may be', async () => {
    const length = JSON.stringify(document).length
    const caps = (response_bytes: number) => ({ caps: { ...SETTINGS.caps, response_bytes } })
    const reply = (bytes: number) => database.serve({ url: '', settings: caps(bytes) })
    expect((await reply(length + 100)).status).toBe(200)
    for (const bytes of [length - 1, length / 2, 2000, 10]) {
      const { status, body } = await reply(Math.floor(bytes))
      expect([status, JSON.parse(body).code]).toEqual([422, 'DB9108'])
    }
    expect((await database.serve({ method: 'HEAD', url: '', settings: caps(length - 1) })).status).toBe(200)
  })
})
