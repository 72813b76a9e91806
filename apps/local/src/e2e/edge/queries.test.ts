/** The cases S, A and X of docs/edge-cases.md. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EdgeStack, GENEROUS, startEdgeStack } from '../../testing/edge.ts'
import { sendRaw } from '../../testing/raw-http.ts'
import { expectStatus, type RestOptions } from '../../testing/stack.ts'
import { callerTexts, strangeness } from '../../testing/statements.ts'

const LONG = 'n'.repeat(63)
const SCHEMA = `
  create table notes (id int primary key, title text, owner text default 'ada', "${LONG}" int);
  alter table notes enable row level security;
  create policy own on notes using (owner = coalesce(auth.user_id(), 'ada')) with check (true);
  insert into notes (id, title, owner) values (1, 'Hello', 'ada'), (2, 'World', 'ada'), (99, 'Secret', 'eve');

  create table hidden (id int primary key, note_id int references notes, body text unique);
  alter table hidden enable row level security;
  create policy open on hidden using (true) with check (true);
  insert into hidden values (1, 1, 'hidden body');
  create table deeper (id int primary key, hidden_id int references hidden);
  alter table deeper enable row level security;
  create policy open on deeper using (true);
  create function hidden_of(notes) returns setof hidden rows 1 language sql stable as
    'select * from hidden where note_id = $1.id';
  create view through with (security_invoker = true) as
    select n.id, h.body from notes n join hidden h on h.note_id = n.id;

  create table guarded (id int primary key, open text, secret text);
  alter table guarded enable row level security;
  create policy open on guarded using (true);
  insert into guarded values (1, 'open', 'column secret');
  revoke all on guarded from anon, authenticated;
  grant select (id, open) on guarded to anon, authenticated;

  create table orders (id int primary key, quantity int check (quantity > 0), note_id int references notes,
    code text unique, amount text default 'not a number');
  alter table orders enable row level security;
  create policy own on orders using (id < 100) with check (id < 1000);
  insert into orders values (1, 1, 1, 'visible'), (500, 1, 1, 'code of a hidden row');

  create table parts (id int, title text) partition by range (id);
  alter table parts enable row level security;
  create policy open on parts using (true);
  create table parts_low partition of parts for values from (0) to (10);
  create table child () inherits (notes);
  create materialized view frozen as select * from notes;
  create schema other;
  create table other.notes (id int, stolen text);

  create function plain(a int default 1) returns int language sql stable as 'select a';
  create function plain(a text) returns text language sql stable security definer as 'select a';
  create function many(variadic a int[]) returns int language sql stable as 'select cardinality(a)';
  create function definer() returns setof notes language sql stable security definer as 'select * from notes';
  create function on_change() returns trigger language plpgsql as 'begin return new; end';
  create function same(int, int) returns boolean language sql immutable as 'select $1 = $2';
  create operator === (leftarg = int, rightarg = int, function = same);
  create function slow(seconds float8) returns int language plpgsql volatile as
    'begin perform pg_sleep(seconds); return 1; end';
  create function failing() returns int language plpgsql stable as
    'begin return (select body::int from hidden limit 1); end';
`

let edge: EdgeStack
let id: string
let key: string
/** Of a key that lists `notes`, `guarded` and `orders` alone. */
let listed: string
beforeAll(async () => {
  edge = await startEdgeStack(SCHEMA)
  id = edge.databaseId
  key = edge.key
  listed = (await edge.createKey(id, { ...GENEROUS, exposed_tables: ['notes', 'guarded', 'orders'] })).value
  expectStatus(200, await edge.rest(id, 'notes', { key: listed }))
})
afterAll(() => edge?.dispose())

const rest = (path: string, options: RestOptions = {}) => edge.rest(id, path, { key, ...options })
const refused = (path: string, options: RestOptions = {}) => edge.refused(path, { key, ...options })
const q = encodeURIComponent

describe('S: identifiers and values', () => {
  test.each([
    'notes"; drop table notes;--',
    'notes/*',
    'pg_catalog.pg_user',
    'information_schema.tables',
    'public"."hidden',
    'notes\u0000',
    'ｎｏｔｅｓ',
    'NOTES',
    '__proto__',
    'constructor',
    `${LONG}x`,
  ])('S01 table %s is not there', async (name) => {
    expect([400, 404]).toContain((await refused(q(name))).status)
  })

  test.each([
    'id),(select 1',
    '"id") from notes;--',
    'ID',
    'ctid',
    'xmin',
    'tableoid',
    'oid',
    `${LONG}n`,
    '__proto__',
    'constructor',
    'toString',
  ])('S02 column %s is not there, to select, filter or order', async (name) => {
    for (const query of [`select=${q(name)}`, `${q(name)}=eq.1`, `order=${q(name)}`]) {
      expect([400, 404], query).toContain((await refused(`notes?${query}`)).status)
    }
  })

  test.each([
    '1 or 1=1',
    "'",
    '\\',
    ');--',
    '{}',
    '",',
    'null',
    "' or '1'='1",
    '$1',
    '$$',
    '%',
    '/*',
    "E'\\\\'",
  ])('S03 value %s is data', async (value) => {
    const reply = await rest(`notes?title=eq.${q(value)}`)
    expect([reply.status, reply.json]).toEqual([200, []])
    const written = await rest('notes?select=title', {
      method: 'POST',
      body: { id: 5000, title: value },
      headers: { prefer: 'return=representation' },
    })
    expect(written.json).toEqual([{ title: value }])
    expect((await rest('notes?id=eq.5000', { method: 'DELETE' })).status).toBe(204)
  })

  test('S03 a NUL is 400 wherever it stands', async () => {
    const sent: [string, RestOptions?][] = [
      ['notes?title=eq.%00'],
      ['notes?title=in.(a,%00)'],
      ['notes', { method: 'POST', body: '{"id":5001,"title":"\\u0000"}' }],
    ]
    for (const [path, options] of sent) expect((await rest(path, options)).status, path).toBe(400)
  })

  test.each([
    '~.x',
    '~*.x',
    'like(evil).x',
    'eq(any).x',
    'fts("; drop).x',
    'nope.x',
    '=.1',
    'eq',
    'is.nothing',
    'not.not.eq.1',
  ])('S04 operator %s is 400 or an error of its operand, never SQL', async (filter) => {
    expect((await rest(`notes?title=${q(filter)}`)).status).toBe(400)
  })

  test('S09 lists are defined: empty, quoted, and up to a cap', async () => {
    expect((await rest('notes?id=in.()')).json).toEqual([])
    expect((await rest(`notes?title=in.(${q('"a,b","c\\"d",\'')})`)).json).toEqual([])
    // 16 KiB of URL hold no 10,000 values: whichever cap comes first.
    const many = Array.from({ length: 10_000 }, (_, index) => index).join()
    expect([400, 414]).toContain((await refused(`notes?id=in.(${many})`)).status)
    const some = Array.from({ length: 1_001 }, () => 1).join()
    expect((await refused(`notes?id=in.(${some})`)).status).toBe(400)
  })

  test.each([
    ['an unknown name', '{"id":6000,"nope":1}'],
    ['__proto__', '{"id":6000,"__proto__":{"title":"x"}}'],
    ['constructor', '{"id":6000,"constructor":1}'],
    ['SQL', '{"id) select 1--":1}'],
  ])('S10 a body with %s writes nothing, and no prototype changes', async (_, body) => {
    expect((await rest('notes?columns=id,title', { method: 'POST', body: '[]' })).status).toBeLessThan(300)
    const reply = await refused('notes', { method: 'POST', body })
    expect(reply.status).toBe(400)
    expect((await rest('notes?id=eq.6000')).json).toEqual([])
  })

  test('S10 a body of a hundred thousand names is refused', async () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `"c${index}":1`)
    expect([400, 413]).toContain(
      (await refused('notes', { method: 'POST', body: `{${names.join()}}` })).status,
    )
  })

  test('S12 rows of different keys are 400 unless columns are named', async () => {
    const body = [{ id: 7000, title: 'a' }, { id: 7001 }]
    expect((await refused('notes', { method: 'POST', body })).status).toBe(400)
  })

  test('S14 max-affected rolls a write back whole', async () => {
    const reply = await rest('notes', {
      method: 'PATCH',
      body: { title: 'overwritten' },
      headers: { prefer: 'handling=strict, max-affected=1' },
    })
    expect(reply.status).toBe(400)
    expect((await rest('notes?select=title&id=eq.1')).json).toEqual([{ title: 'Hello' }])
  })

  test('S15 tx=rollback is not honoured unless the database allows it, and unknown wishes are ignored', async () => {
    const headers = { prefer: 'tx=rollback, return=minimal, evil=1' }
    expect((await rest('notes', { method: 'POST', body: { id: 8000 }, headers })).status).toBe(201)
    expect((await rest('notes?id=eq.8000&select=id')).json).toEqual([{ id: 8000 }])
    expect((await rest('notes?id=eq.8000', { method: 'DELETE' })).status).toBe(204)
    const strict = await refused('notes', { headers: { prefer: 'handling=strict, evil=1' } })
    expect(strict.status).toBe(400)
  })

  test.each([
    'application/vnd.pgrst.plan+json',
    'application/vnd.pgrst.plan',
    'text/html',
    'application/geo+json',
    'image/svg+xml',
  ])('S16 %s is 406', async (accept) => {
    expect((await refused('notes', { headers: { accept } })).status).toBe(406)
  })

  test.each([
    'pg_catalog',
    'information_schema',
    'auth',
    'db9',
    'extensions',
    'other',
    'PUBLIC',
    'public"',
    '',
  ])('S17 schema %s is out of reach', async (schema) => {
    const read = await edge.withoutSql(() => rest('pg_class', { headers: { 'accept-profile': schema } }))
    const write = await refused('pg_class', {
      method: 'POST',
      body: {},
      headers: { 'content-profile': schema },
    })
    expect([404, 406]).toContain(read.status)
    expect([404, 406]).toContain(write.status)
  })

  test('S19 every statement of a caller is one of the two of its transaction, and none holds a second', async () => {
    await rest(`notes?title=eq.${q("'; select pg_sleep(1); --")}`)
    const texts = await callerTexts(edge, id)
    expect(texts.length).toBeGreaterThan(10)
    const names = new Set(['public', 'notes', 'id', 'title', 'owner', LONG, 'pg_catalog', 'int4', 'text'])
    expect(texts.map((text) => strangeness(text, names)).filter((problem) => problem !== null)).toEqual([])
  })
})

describe('A: what a key lists is all there is', () => {
  const asListed = (path: string, options: RestOptions = {}) => refused(path, { key: listed, ...options })

  test.each([
    ['A01', 'notes?select=id,hidden(*)'],
    ['A01', 'notes?select=id,hidden(id,deeper(*))'],
    ['A01', 'notes?select=id,...hidden(body)'],
    ['A01', 'notes?select=id,hidden!inner(id)&hidden.body=like.*'],
    ['A01', 'orders?select=id,notes(hidden(deeper(id)))'],
    ['A02', 'notes?select=id,hidden_of(body)'],
    ['A02', 'notes?select=hidden_of'],
    ['A02', 'through'],
    ['A03', 'notes?select=id&hidden.body=eq.x'],
    ['A03', 'notes?select=id&order=hidden(body)'],
    ['A03', 'notes?or=(id.eq.1,hidden.body.eq.x)'],
    ['A11', 'parts_low'],
    ['A12', 'frozen'],
  ])('%s %s answers as if the rest did not exist', async (_, path) => {
    const reply = await asListed(path)
    expect([400, 404]).toContain(reply.status)
    expect(reply.text).not.toMatch(/hidden body|deeper\b.*table/)
  })

  test('A03 A04 a column without a grant cannot be read, filtered or ordered by', async () => {
    for (const query of ['select=*', 'select=secret', 'select=id&secret=eq.x', 'select=id&order=secret']) {
      const reply = await rest(`guarded?${query}`, { key: listed })
      expect([query, reply.status >= 400 || !reply.text.includes('secret')]).toEqual([query, true])
      expect(reply.text).not.toContain('column secret')
    }
    expect((await rest('guarded?select=id,open', { key: listed })).json).toEqual([{ id: 1, open: 'open' }])
  })

  test('A08 of an overloaded function only what may be called is found', async () => {
    expect((await rest('rpc/plain?a=3')).json).toBe(3)
    for (const path of ['rpc/plain?b=1', 'rpc/plain?a=1&b=2', 'rpc/plain?__proto__=1']) {
      expect([400, 404], path).toContain((await refused(path)).status)
    }
    const named = (
      await edge.createKey(id, { ...GENEROUS, exposed_tables: ['notes'], exposed_functions: [] })
    ).value
    expect((await refused('rpc/plain?a=3', { key: named })).status).toBe(404)
    expect((await refused('rpc/many?a=1&a=2', { key: named })).status).toBe(404)
  })

  test('A09 a SECURITY DEFINER function that the key does not name is refused', async () => {
    expect(await refused('rpc/definer')).toMatchObject({ status: 403, json: { code: 'DB9208' } })
  })

  test.each([
    'on_change',
    'pg_sleep?seconds=1',
    'version',
    'current_setting?setting_name=x',
    'set_config',
    'uid',
    'query_to_xml',
    'lo_import',
    'pg_read_file',
  ])('A09 function %s answers as one that does not exist', async (name) => {
    expect((await refused(`rpc/${name}`)).status).toBe(404)
  })

  test('A09 an operator’s function is callable by name alone, which takes names for its arguments', async () => {
    expect([400, 404]).toContain((await refused('rpc/same?a=1&b=1')).status)
  })

  test('A11 A12 children and materialized views are not read by their own names', async () => {
    expect([403, 404]).toContain((await refused('parts_low')).status)
    expect([403, 404]).toContain((await refused('child')).status)
    expect([403, 404]).toContain((await refused('frozen')).status)
    expect((await rest('parts')).status).toBe(200)
  })

  test('A13 after a rename and a dropped column no request reads another table’s data', async () => {
    expectStatus(
      200,
      await edge.sql(
        id,
        `create table swap_a (id int, a text); create table swap_b (id int, secret text);
         alter table swap_a enable row level security; alter table swap_b enable row level security;
         create policy open on swap_a using (true);
         insert into swap_b values (1, 'never shown')`,
      ),
    )
    expect((await rest('swap_a?select=id,a')).json).toEqual([])
    expectStatus(
      200,
      await edge.sql(id, 'alter table swap_a rename to swap_c; alter table swap_b rename to swap_a'),
    )
    const reply = await rest('swap_a?select=id,a')
    expect([400, 404, 503]).toContain(reply.status)
    expect((await rest('swap_a')).text).not.toContain('never shown')
    expectStatus(200, await edge.sql(id, 'alter table swap_c drop column a'))
    expect((await rest('swap_c?select=a')).status).toBe(400)
  })

  test('A14 the same name in another schema, or in a temporary one, is never meant', async () => {
    expectStatus(200, await edge.sql(id, 'alter database postgres set search_path = other, public'))
    const reply = await rest('notes?select=id&order=id')
    expect(reply.json).toEqual([{ id: 1 }, { id: 2 }])
    expect((await rest('notes?select=stolen')).status).toBe(400)
    expectStatus(200, await edge.sql(id, 'alter database postgres reset search_path'))
  })

  test('A15 counts obey row level security', async () => {
    const reply = await rest('notes?select=id', { method: 'HEAD', headers: { prefer: 'count=exact' } })
    expect(reply.headers.get('content-range')).toMatch(/\/2$/)
  })

  test('A16 a row that cannot be seen collides, and the error holds none of its values', async () => {
    const reply = await rest('orders', {
      method: 'POST',
      body: { id: 2, quantity: 1, code: 'code of a hidden row' },
    })
    expect([reply.status, reply.json.code]).toEqual([409, '23505'])
    const byId = await rest('orders', { method: 'POST', body: { id: 500, quantity: 1, code: 'mine' } })
    expect(byId.status).toBe(409)
    expect(byId.text).not.toContain('code of a hidden row')
  })

  test('A17 errors hold no values that the caller did not send, and no source', async () => {
    const replies = [
      await rest('orders', { method: 'POST', body: { id: 3, quantity: -1 } }),
      await rest('orders', { method: 'POST', body: { id: 3, quantity: 1, note_id: 424242 } }),
      await rest('orders?select=amount::int'),
      await rest('rpc/failing'),
    ]
    for (const { status, text } of replies) {
      expect(status).toBeGreaterThanOrEqual(400)
      expect(text).not.toMatch(/hidden body|PL\/pgSQL|line \d+ at|not a number/)
    }
  })
})

const LOCKED = "select max(mode) from pg_locks where relation = 'public.orders'::regclass and granted"

describe('X: what a request may use up', () => {
  test('X01 a statement over its time ends, and the database answers after it', async () => {
    const start = Date.now()
    const reply = await rest('rpc/slow', { method: 'POST', body: { seconds: 30 } })
    expect([500, 504]).toContain(reply.status)
    expect(reply.json.code).toBe('57014')
    expect(Date.now() - start).toBeLessThan(10_000)
    expect((await rest('notes')).status).toBe(200)
  })

  test('X02 a database full of slow statements leaves another one as it was', async () => {
    const other = await edge.createDatabase(
      'x02',
      'create table notes (id int); alter table notes enable row level security',
    )
    const otherKey = (await edge.createKey(other.id, GENEROUS)).value
    expectStatus(200, await edge.rest(other.id, 'notes', { key: otherKey }))
    const slow = Array.from({ length: 60 }, () =>
      rest('rpc/slow', { method: 'POST', body: { seconds: 0.5 } }),
    )
    await new Promise((resolve) => setTimeout(resolve, 300))
    const start = Date.now()
    expect((await edge.rest(other.id, 'notes', { key: otherKey })).status).toBe(200)
    // The others together take 60 × 0.5 s by 16 sessions; a neighbour does not stand in their line.
    expect(Date.now() - start).toBeLessThan(1_500)
    const statuses = (await Promise.all(slow)).map(({ status }) => status)
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([])
  })

  test.each([
    ['1,000 filters', () => `notes?${Array.from({ length: 1_000 }, () => 'id=gt.0').join('&')}`],
    ['logic 50 deep', () => `notes?and=${'(or'.repeat(49)}(id.eq.1,id.eq.2)${')'.repeat(49)}`],
    ['embeds 50 deep', () => `notes?select=${'hidden('.repeat(50)}id${')'.repeat(50)}`],
    ['a URL of 17 KiB', () => `notes?title=like.${'a'.repeat(17_000)}`],
  ])('X04 %s is over a cap', async (_, path) => {
    expect([400, 414]).toContain((await refused(path())).status)
  })

  test('X04 a pattern of many wildcards ends in time', async () => {
    expect((await rest(`notes?title=like.${'*a'.repeat(200)}`)).status).toBe(200)
  })

  test('X05 an upload that drips, lies or grows is never kept whole', async () => {
    const path = `/db/${id}/rest/v1/notes`
    const lie = await edge.withoutSql(() =>
      sendRaw(edge.url, {
        line: `POST ${path} HTTP/1.1`,
        headers: [
          ['Host', 'localhost'],
          ['apikey', key],
          ['Content-Type', 'application/json'],
          ['Content-Length', String(50 * 1024 * 1024)],
        ],
        body: '{"id":1}',
      }),
    )
    expect(lie.status).toBe(413)
    const chunk = `${(1024 * 1024).toString(16)}\r\n${'x'.repeat(1024 * 1024)}\r\n`
    const grown = await edge.withoutSql(() =>
      sendRaw(edge.url, {
        line: `POST ${path} HTTP/1.1`,
        headers: [
          ['Host', 'localhost'],
          ['apikey', key],
          ['Content-Type', 'application/json'],
          ['Transfer-Encoding', 'chunked'],
        ],
        body: chunk.repeat(12),
      }),
    )
    // The server may end the connection before the answer is read.
    expect([0, 413]).toContain(grown.status)
    const dripping = connect(Number(new URL(edge.url).port), '127.0.0.1')
    dripping.on('error', () => {})
    dripping.write(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\napikey: ${key}\r\nContent-Length: 1000\r\n\r\n{`,
    )
    expect((await rest('notes')).status).toBe(200)
    dripping.destroy()
  })

  test('X07 a lock that another transaction holds ends the request within its time', async () => {
    const locked = edge.sql(
      id,
      'begin; lock table public.orders in access exclusive mode; select pg_sleep(8); commit',
    )
    await expect
      .poll(async () => (await edge.sql(id, LOCKED)).json.rows[0][0], { timeout: 5_000 })
      .toBe('AccessExclusiveLock')
    const start = Date.now()
    const reply = await rest('orders')
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(['55P03', '57014']).toContain(reply.json.code)
    expect(Date.now() - start).toBeLessThan(5_000)
    await locked
    expect((await rest('orders')).status).toBe(200)
  })
})
