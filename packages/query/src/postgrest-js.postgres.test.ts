import { PostgrestClient } from '@supabase/postgrest-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestDatabase } from './testing/database.ts'
import { APP_SQL } from './testing/fixtures.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await TestDatabase.create(`${APP_SQL}
    create schema other; grant usage on schema other to anon;
    create table other.things (id int); grant select on other.things to anon;
    alter table other.things enable row level security; create policy p on other.things using (true);
    insert into other.things values (7);`)
})
afterAll(() => database.close())
/** The network between client and gateway. Each request is served and undone, so that no test depends on another. */
const serve: typeof fetch = async (input, init = {}) => {
  const { pathname, search } = new URL(String(input))
  const { status, headers, body } = await database.serve(
    {
      method: init.method ?? 'GET',
      url: pathname.slice(1) + search,
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(typeof init.body === 'string' ? { body: init.body } : {}),
      policy: { exposedSchemas: ['public', 'other'] },
    },
    { rollback: true },
  )
  return new Response(body === '' ? null : body, { status, headers })
}

const client = new PostgrestClient('http://db', { fetch: serve })
const todos = () => client.from('todos').select('id').order('id')
const users = () => client.from('users').select('id').order('id')
const documents = () => client.from('documents').select('id').order('id')

async function ids(query: PromiseLike<{ data: unknown; error: unknown }>): Promise<number[]> {
  const { data, error } = await query
  expect(error).toBeNull()
  return (data as { id: number }[]).map(({ id }) => id)
}

describe('filters', () => {
  test.each<[string, () => PromiseLike<{ data: unknown; error: unknown }>, number[]]>([
    ['eq', () => todos().eq('id', 1), [1]],
    ['neq', () => todos().neq('id', 1), [2, 3, 4]],
    ['gt', () => todos().gt('id', 3), [4]],
    ['gte', () => todos().gte('id', 3), [3, 4]],
    ['lt', () => todos().lt('id', 2), [1]],
    ['lte', () => todos().lte('id', 2), [1, 2]],
    ['like', () => todos().like('title', 'r%'), [2, 3, 4]],
    ['likeAllOf', () => todos().likeAllOf('title', ['r%', '%d']), [2]],
    ['likeAnyOf', () => todos().likeAnyOf('title', ['w%', '%d']), [1, 2]],
    ['ilike', () => todos().ilike('title', 'R%'), [2, 3, 4]],
    ['ilikeAllOf', () => todos().ilikeAllOf('title', ['R%', '%D']), [2]],
    ['ilikeAnyOf', () => todos().ilikeAnyOf('title', ['W%', '%D']), [1, 2]],
    ['regexMatch', () => todos().regexMatch('title', '^r.*t$'), [3, 4]],
    ['regexIMatch', () => todos().regexIMatch('title', '^W'), [1]],
    ['is', () => todos().is('priority', null), [4]],
    ['isDistinct', () => todos().isDistinct('priority', 1), [1, 3, 4]],
    ['in', () => todos().in('title', ['run, fast', 'rest']), [3, 4]],
    ['notIn', () => todos().notIn('id', [1, 2]), [3, 4]],
    ['contains an array', () => users().contains('tags', ['a']), [1]],
    ['contains JSON', () => todos().contains('data', { n: 2 }), [2]],
    ['containedBy', () => users().containedBy('tags', ['b', 'c']), [2]],
    ['overlaps', () => users().overlaps('tags', ['b']), [1, 2]],
    ['rangeGt', () => documents().rangeGt('span', '[1,5)'), [2]],
    ['rangeGte', () => documents().rangeGte('span', '[5,9)'), [2]],
    ['rangeLt', () => documents().rangeLt('span', '[5,9)'), [1]],
    ['rangeLte', () => documents().rangeLte('span', '[1,5)'), [1]],
    ['rangeAdjacent', () => documents().rangeAdjacent('span', '[5,9)'), [1]],
    ['textSearch', () => documents().textSearch('body', 'fox', { config: 'english' }), [1]],
    ['textSearch plain', () => documents().textSearch('body', 'lazy dogs', { type: 'plain' }), [2]],
    ['textSearch phrase', () => documents().textSearch('body', 'lazy dogs', { type: 'phrase' }), [2]],
    ['textSearch websearch', () => documents().textSearch('vec', 'quick -dogs', { type: 'websearch' }), [1]],
    ['match', () => todos().match({ id: 1, done: false }), [1]],
    ['not', () => todos().not('id', 'in', '(1,2)'), [3, 4]],
    ['or', () => todos().or('id.eq.1,and(done.is.true,priority.lt.3)'), [1, 2]],
    ['filter', () => todos().filter('id', 'gte', 4), [4]],
    ['limit', () => todos().limit(2), [1, 2]],
    ['range', () => todos().range(1, 2), [2, 3]],
  ])('%s', async (_, query, expected) => {
    expect(await ids(query())).toEqual(expected)
  })

  test('or, order, limit and range of an embedded resource', async () => {
    const query = client
      .from('users')
      .select('id, todos(id)')
      .or('done.is.true,priority.gt.1', { referencedTable: 'todos' })
      .order('id', { referencedTable: 'todos', ascending: false })
      .range(1, 1, { referencedTable: 'todos' })
      .order('id')
    expect((await query).data).toEqual([
      { id: 1, todos: [{ id: 1 }] },
      { id: 2, todos: [] },
    ])
  })
})

describe('results', () => {
  test('single and maybeSingle', async () => {
    expect((await client.from('labels').select().eq('id', 1).single()).data).toEqual({ id: 1, label: 'red' })
    expect((await client.from('labels').select().eq('id', 9).maybeSingle()).data).toBeNull()
    const { error, status } = await client.from('labels').select().single()
    expect({ status, code: error?.code }).toEqual({ status: 406, code: 'PGRST116' })
  })

  test('counts, with and without rows', async () => {
    const { count, data } = await client.from('todos').select('id', { count: 'exact' }).limit(1)
    expect({ count, rows: data?.length }).toEqual({ count: 4, rows: 1 })
    expect((await client.from('todos').select('*', { count: 'exact', head: true })).count).toBe(4)
    expect((await client.from('todos').select('id', { count: 'planned' })).count).toBe(4)
    expect((await client.from('todos').select('id', { count: 'estimated' })).count).toBe(4)
  })

  test('csv', async () => {
    expect((await client.from('labels').select().order('id').csv()).data).toBe('id,label\n1,red\n2,green')
  })

  test('stripNulls', async () => {
    const { data } = await client.from('todos').select('id, priority').eq('id', 4).stripNulls()
    expect(data).toEqual([{ id: 4 }])
  })

  test('another schema', async () => {
    expect((await client.schema('other').from('things').select()).data).toEqual([{ id: 7 }])
    expect((await client.schema('auth').from('secrets').select()).error?.code).toBe('PGRST106')
  })

  test('errors throw where asked to', async () => {
    await expect(client.from('nope').select().throwOnError()).rejects.toMatchObject({ code: 'PGRST205' })
  })
})

interface StrictQuery {
  maxAffected(rows: number): PromiseLike<{ error: { code: string } | null }>
}

describe('writes', () => {
  test('insert', async () => {
    const { status, data } = await client.from('labels').insert({ id: 9, label: 'x' })
    expect({ status, data }).toEqual({ status: 201, data: null })
  })

  test('insert many with defaults and read them back', async () => {
    const rows = [{ title: 'a' }, { title: 'b', priority: 5 }]
    const query = client.from('todos').insert(rows, { defaultToNull: false, count: 'exact' })
    const { data, count } = await query.select('title, priority, users(name)')
    expect(data).toEqual([
      { title: 'a', priority: 1, users: null },
      { title: 'b', priority: 5, users: null },
    ])
    expect(count).toBe(2)
  })

  test('insert one and read it as an object', async () => {
    const { data } = await client.from('labels').insert({ id: 9, label: 'x' }).select('label').single()
    expect(data).toEqual({ label: 'x' })
  })

  test('upsert merges and ignores', async () => {
    const rows = [
      { id: 1, label: 'RED' },
      { id: 9, label: 'new' },
    ]
    expect((await client.from('labels').upsert(rows).select()).data).toEqual(rows)
    const ignored = client.from('labels').upsert(rows, { onConflict: 'id', ignoreDuplicates: true }).select()
    expect((await ignored).data).toEqual([{ id: 9, label: 'new' }])
  })

  test('update', async () => {
    const query = client.from('todos').update({ done: true }, { count: 'exact' }).lte('id', 2)
    const { data, count } = await query.select('id, done')
    expect(data).toEqual([
      { id: 1, done: true },
      { id: 2, done: true },
    ])
    expect(count).toBe(2)
    expect((await client.from('todos').update({ done: true }).eq('id', 1)).status).toBe(204)
  })

  test('delete', async () => {
    const { data } = await client.from('todos').delete().eq('id', 2).select('id')
    expect(data).toEqual([{ id: 2 }])
    expect((await client.from('todos').delete({ count: 'exact' }).eq('id', 99)).count).toBe(0)
  })

  test('maxAffected', async () => {
    // The method's type asks for a declared server version; its request does not.
    const query: unknown = client.from('todos').update({ done: true }).gt('id', 0)
    const { error } = await (query as StrictQuery).maxAffected(1)
    expect(error?.code).toBe('PGRST124')
  })

  test('rollback', async () => {
    const { data } = await client.from('labels').insert({ id: 9 }).select('id').rollback()
    expect(data).toEqual([{ id: 9 }])
  })
})

describe('functions', () => {
  test('with POST, GET and HEAD', async () => {
    expect((await client.rpc('add', { a: 1, b: 2 })).data).toBe(3)
    expect((await client.rpc('add', { a: 1 }, { get: true })).data).toBe(11)
    expect(
      (await client.rpc('todos_of', { owner: 1 }, { head: true, get: true, count: 'exact' })).count,
    ).toBe(2)
  })

  test('with arrays', async () => {
    expect((await client.rpc('total', { numbers: [1, 2] })).data).toBe(3)
  })

  test('with what their rows embed', async () => {
    const query = client.rpc('todos_of', { owner: 1 }).select('title, users(name)').eq('done', true).single()
    expect((await query).data).toEqual({ title: 'read', users: { name: 'Ada' } })
  })

  test('with nothing to return', async () => {
    expect(await client.rpc('touch')).toMatchObject({ status: 204, data: null, error: null })
  })
})
