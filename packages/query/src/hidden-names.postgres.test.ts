/** What errors tell of relations that a key does not list, and of values that the caller did not send. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'
import type { TestRequest } from './testing/requests.ts'

const SCHEMA = `
create extension btree_gist schema extensions;
create schema private;
create domain private.ssn as text constraint ssn_digits check (value ~ '^[0-9]+$');
create type private.grade as enum ('low');

create table public.posts (id int primary key, title text, body text unique, rooms int4range, check (id < 1000));
create table public.secrets (
  id int generated always as identity primary key, post_id int constraint secrets_of_posts references public.posts, title text,
  ssn private.ssn, pay int not null default 0 constraint secret_pay check (pay < 100), note text
);
create unique index secret_titles on public.secrets (title);
create index secret_notes on public.secrets (note);
insert into public.posts values (1, 'one', 'one', '[1,5)'), (2, 'two', 'two', null);
insert into public.secrets (post_id, title) values (1, 'server-secret-8ce4');
alter table public.posts add constraint no_overlap exclude using gist (rooms with &&);
-- No row level security, under which Postgres itself tells no keys and rows.
alter table public.secrets enable row level security;
create policy no_one on public.secrets for select to anon using (false);

create function public.follow() returns trigger language plpgsql security definer set search_path = public, private as $$
begin
  case new.title
    when 'unique' then insert into public.secrets (title) values ('server-secret-8ce4');
    when 'check' then insert into public.secrets (pay) values (777);
    when 'null' then insert into public.secrets (pay) values (null);
    when 'foreign' then insert into public.secrets (post_id) values (4711);
    when 'always' then insert into public.secrets (id) values (1);
    when 'domain' then insert into public.secrets (ssn) values ('no-ssn');
    when 'enum' then perform 'hidden-label'::private.grade;
    when 'range' then perform '9999999999977'::int;
    when 'syntax' then perform 'hidden-text'::int;
    when 'time' then perform '2020-01-01 hidden/zone'::timestamptz;
    when 'json' then perform '{"a": hiddentoken}'::json;
    when 'bytes' then perform convert_from('\\xff4142', 'UTF8');
    when 'index' then insert into public.secrets (note) select string_agg(md5(g::text), '') from generate_series(1, 400) g;
    when 'relation' then execute 'select * from private.gone';
    when 'column' then execute 'select hidden_column from public.secrets';
    when 'qualified' then execute 'select s.hidden_column from public.secrets s';
    when 'function' then execute 'select private.hidden_function(1)';
    when 'operator' then execute 'select s = 1 from public.secrets s';
    when 'type' then execute 'select 1::private.hidden_type';
    when 'cast' then execute 'select s::int from public.secrets s';
    when 'record' then execute 'select (s).hidden_member from public.secrets s';
    when 'constraint' then set constraints hidden_constraint immediate;
    when 'raise' then raise unique_violation using message = 'the title "secrets" is taken', hint = 'see "secrets"';
    when 'assert' then assert false, 'asserted of "secrets"';
    else null;
  end case;
  return new;
end $$;
create trigger follow after insert on public.posts for each row execute function public.follow();

create function public.freshen() returns void language plpgsql security definer set search_path = public as $$
begin execute 'insert into public.fresh_table (fresh_column) values (1)'; end $$;

create table public.coded (id int primary key, code text unique, label text, pay int check (pay < 10));
create function public.code() returns trigger language plpgsql as $$ begin new.code = 'trigger-secret'; return new; end $$;
create trigger code before insert on public.coded for each row when (new.label = 'coded') execute function public.code();
insert into public.coded values (1, 'trigger-secret', 'x', 1);
create view public.codes with (security_invoker = true) as select id, code, label as shown_label from public.coded;

create table public.guarded (id int primary key, secret text);
alter table public.guarded enable row level security;
create policy as_number on public.guarded using (secret::int > 0);
insert into public.guarded values (1, 'hidden-in-a-row');
create table public.checked (id int, secret text);
alter table public.checked enable row level security;
create policy everyone on public.checked using (true) with check (true);
create policy strictly on public.checked as restrictive for insert with check (id > 5);
`

let database: TestDatabase
beforeAll(async () => {
  database = await TestDatabase.create(APP_SQL + SCHEMA)
})
afterAll(() => database.close())

const listed = { exposedTables: ['posts', 'coded', 'codes', 'guarded', 'checked'], requireRls: false }
const errorOf = async (request: TestRequest) =>
  JSON.parse((await database.serve({ policy: listed, ...request }, { rollback: true })).body)
const post = (title: string, more: object = {}) =>
  errorOf({ method: 'POST', url: 'posts', body: JSON.stringify({ id: 7, title, ...more }) })

describe('of a relation that is not listed, an error tells nothing', () => {
  test.each([
    [
      'unique',
      {
        code: '23505',
        message: 'duplicate key value violates unique constraint (not exposed)',
        details: null,
      },
    ],
    [
      'check',
      {
        code: '23514',
        message: 'new row for relation (not exposed) violates check constraint (not exposed)',
      },
    ],
    [
      'null',
      {
        code: '23502',
        message: 'null value in column (not exposed) of relation (not exposed) violates not-null constraint',
      },
    ],
    [
      'foreign',
      {
        code: '23503',
        message: 'insert or update on table (not exposed) violates foreign key constraint (not exposed)',
        details: null,
      },
    ],
    [
      'domain',
      { code: '23514', message: 'value for domain (not exposed) violates check constraint (not exposed)' },
    ],
    ['enum', { code: '22P02', message: 'invalid input value for enum (not exposed)' }],
    ['index', { code: '54000' }],
    ['relation', { code: '42P01', message: 'relation (not exposed) does not exist' }],
    ['column', { code: '42703', message: 'column (not exposed) does not exist' }],
    ['qualified', { code: '42703', message: 'column (not exposed) does not exist' }],
    ['function', { code: '42883', message: 'function (not exposed)(integer) does not exist' }],
    ['operator', { code: '42883', message: 'operator does not exist: (not exposed) = integer' }],
    ['type', { code: '42704', message: 'type (not exposed) does not exist' }],
    ['cast', { code: '42846', message: 'cannot cast type (not exposed) to integer' }],
    ['record', { code: '42703', message: 'column (not exposed) does not exist' }],
    ['constraint', { code: '42704', message: 'constraint (not exposed) does not exist' }],
  ])('%s', async (title, expected) => {
    const error = await post(title)
    expect(error).toMatchObject(expected)
    expect(JSON.stringify(error)).not.toMatch(/secret|hidden|private|grade|ssn|gone|pay|777|4711|8ce4/)
  })

  test('nor what keeps a listed row from being deleted', async () => {
    expect(await errorOf({ method: 'DELETE', url: 'posts?id=eq.1' })).toMatchObject({
      code: '23503',
      message:
        'update or delete on table "posts" violates foreign key constraint (not exposed) on table (not exposed)',
      details: null,
    })
  })

  test('nor of one that was made a moment ago', async () => {
    const call = (policy: object) =>
      errorOf({ method: 'POST', url: 'rpc/freshen', policy: { exposedFunctions: ['freshen'], ...policy } })
    await database.sql(
      'create table public.fresh_table (fresh_column int unique); insert into public.fresh_table values (1)',
    )
    try {
      for (const policy of [listed, { requireRls: false }]) {
        const error = await call(policy)
        expect(error).toMatchObject({
          message: 'duplicate key value violates unique constraint (not exposed)',
          details: null,
        })
      }
    } finally {
      await database.refresh()
    }
    expect(await call({ requireRls: false })).toMatchObject({
      message: 'duplicate key value violates unique constraint "fresh_table_fresh_column_key"',
      details: 'Key (fresh_column) already exists.',
    })
    expect(await call(listed)).toMatchObject({ details: null })
  })

  test('though its name is a value that was sent', async () => {
    const error = await post('unique', { body: 'secrets secret_titles title server-secret-8ce4' })
    expect(error).toMatchObject({
      message: 'duplicate key value violates unique constraint (not exposed)',
      details: null,
    })
  })
})

describe('a value that was not sent is not told', () => {
  test.each([
    ['range', { code: '22003', message: 'value (not exposed) is out of range for type integer' }],
    ['syntax', { code: '22P02', message: 'invalid input syntax for type integer' }],
    ['time', { code: '22023', message: 'time zone (not exposed) not recognized' }],
    [
      'json',
      {
        code: '22P02',
        message: 'invalid input syntax for type json',
        details: 'Token (not exposed) is invalid.',
      },
    ],
    ['bytes', { code: '22021', message: 'invalid byte sequence for encoding "UTF8"' }],
  ])('of a function: %s', async (title, expected) => {
    expect(await post(title)).toMatchObject(expected)
  })

  test('of a row that a policy hides', async () => {
    expect(await errorOf({ url: 'guarded' })).toMatchObject({
      message: 'invalid input syntax for type integer',
    })
    expect(await errorOf({ url: 'guarded?select=id&id=eq.1&secret=neq.hidden' })).toMatchObject({
      message: 'invalid input syntax for type integer',
    })
  })

  test('of a key that a trigger made', async () => {
    const insert = (body: string) => errorOf({ method: 'POST', url: 'coded', body })
    expect(await insert('{"id":7,"code":"mine","label":"coded"}')).toMatchObject({
      message: 'duplicate key value violates unique constraint "coded_code_key"',
      details: 'Key (code) already exists.',
    })
    expect(await insert('{"id":7,"code":"trigger-secret","label":"y"}')).toMatchObject({
      details: 'Key (code)=(trigger-secret) already exists.',
    })
    const rows = '[{"id":7,"code":"a","label":"y"},{"id":8,"code":"trigger-secret","label":"y"}]'
    expect((await insert(rows)).details).toBe('Key (code)=(trigger-secret) already exists.')
  })

  test('of a row of which a part was sent', async () => {
    const insert = (row: object) => errorOf({ method: 'POST', url: 'coded', body: JSON.stringify(row) })
    expect(await insert({ id: 7, code: 'c', label: 'coded', pay: 50 })).toMatchObject({
      code: '23514',
      details: null,
    })
    expect((await insert({ id: 7, code: 'c', label: 'y', pay: 50 })).details).toBe(
      'Failing row contains (7, c, y, 50).',
    )
    expect((await insert({ id: 7, code: 'c'.repeat(70), label: 'é'.repeat(40), pay: 50 })).details).toBe(
      `Failing row contains (7, ${'c'.repeat(64)}..., ${'é'.repeat(32)}..., 50).`,
    )
    expect(await errorOf({ method: 'PATCH', url: 'coded?id=eq.1', body: '{"pay":50}' })).toMatchObject({
      details: null,
    })
  })

  test('of the row that is in the way', async () => {
    expect(await post('x', { rooms: '[3,9)' })).toMatchObject({
      code: '23P01',
      message: 'conflicting key value violates exclusion constraint "no_overlap"',
      details: 'Key (rooms)=([3,9)) conflicts with existing key.',
    })
    expect(await errorOf({ method: 'PATCH', url: 'posts?id=eq.2', body: '{"rooms":"[3,8]"}' })).toMatchObject(
      {
        details: 'Key (rooms) conflicts with existing key.',
      },
    )
  })
})

describe('what is the caller’s is told', () => {
  test.each<[string, TestRequest, object]>([
    [
      'a key',
      { method: 'POST', url: 'posts', body: '{"id":1,"title":"x"}' },
      {
        message: 'duplicate key value violates unique constraint "posts_pkey"',
        details: 'Key (id)=(1) already exists.',
      },
    ],
    [
      'a key written through a view',
      { method: 'POST', url: 'codes', body: '{"id":1}' },
      { details: 'Key (id)=(1) already exists.' },
    ],
    [
      'a check',
      { method: 'POST', url: 'posts', body: '{"id":1001,"title":"x"}' },
      { message: 'new row for relation "posts" violates check constraint "posts_id_check"' },
    ],
    [
      'a policy of a listed table',
      { method: 'POST', url: 'checked', body: '{"id":1}' },
      { message: 'new row violates row-level security policy "strictly" for table "checked"' },
    ],
    [
      'a number',
      { method: 'POST', url: 'posts', body: '{"id":99999999999}' },
      { code: '22003', message: 'value "99999999999" is out of range for type integer' },
    ],
    [
      'a number in a filter',
      { url: 'posts?id=eq.99999999999' },
      { code: '22003', message: 'value "99999999999" is out of range for type integer' },
    ],
    [
      'a text in many rows',
      { method: 'POST', url: 'posts', body: '[{"id":5},{"id":"no \\"number\\""}]' },
      { message: 'invalid input syntax for type integer: "no "number""' },
    ],
    [
      'an item of a list',
      { url: 'posts?id=in.(1,two)' },
      { message: 'invalid input syntax for type integer: "two"' },
    ],
    [
      'what is wrong with JSON',
      { url: 'users?meta=eq.{bad', policy: {} },
      { message: 'invalid input syntax for type json', details: 'Token "bad" is invalid.' },
    ],
    [
      'what is wrong with an array',
      { url: 'users?tags=eq.{a', policy: {} },
      { message: 'malformed array literal: "{a"', details: 'Unexpected end of input.' },
    ],
    ['a search', { url: 'posts?title=fts.a b' }, { message: 'syntax error in tsquery: "a b"' }],
    [
      'a language',
      { url: 'posts?title=fts(klingon).a' },
      { message: 'text search configuration "klingon" does not exist' },
    ],
    [
      'words of a function',
      { method: 'POST', url: 'posts', body: '{"id":7,"title":"raise"}' },
      { message: 'the title "secrets" is taken', hint: 'see "secrets"', code: '23505' },
    ],
    [
      'words of an assertion',
      { method: 'POST', url: 'posts', body: '{"id":7,"title":"assert"}' },
      { message: 'asserted of "secrets"' },
    ],
  ])('%s', async (_, request, expected) => {
    expect(await errorOf(request)).toMatchObject(expected)
  })

  test('and all of it where all is listed', async () => {
    const policy = { requireRls: false, exposedSchemas: ['public', 'private'] }
    const insert = (title: string) =>
      errorOf({ method: 'POST', url: 'posts', body: JSON.stringify({ id: 7, title }), policy })
    expect(await insert('check')).toMatchObject({
      message: 'new row for relation "secrets" violates check constraint "secret_pay"',
      details: null,
    })
    expect(await insert('domain')).toMatchObject({
      message: 'value for domain ssn violates check constraint "ssn_digits"',
    })
    expect(await insert('unique')).toMatchObject({
      message: 'duplicate key value violates unique constraint "secret_titles"',
      details: 'Key (title) already exists.',
    })
    expect(await errorOf({ method: 'DELETE', url: 'posts?id=eq.1', policy })).toMatchObject({
      message:
        'update or delete on table "posts" violates foreign key constraint "secrets_of_posts" on table "secrets"',
      details: 'Key (id) is still referenced from table "secrets".',
    })
  })
})
