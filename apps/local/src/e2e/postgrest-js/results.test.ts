import { PostgrestClient } from '@supabase/postgrest-js'
import { createClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { idsOf, startTodoApp, type TodoApp } from '../../testing/todo-app.ts'

let app: TodoApp

beforeAll(async () => {
  app = await startTodoApp()
  await app.seed()
})
afterAll(() => app?.dispose())

const todos = () => app.client.from('todos').select('id').order('id')

describe('rows', () => {
  test('are ordered, nulls where they are asked for', async () => {
    const query = app.client.from('todos').select('id')
    expect(await idsOf(query.order('priority', { ascending: false, nullsFirst: false }))).toEqual([
      1, 3, 2, 4,
    ])
    const related = app.client.from('todos').select('id, users(name)').not('user_id', 'is', null)
    expect(await idsOf(related.order('users(name)', { ascending: false }).order('id'))).toEqual([3, 1, 2])
  })

  test('are cut by limit and range', async () => {
    expect(await idsOf(todos().limit(2))).toEqual([1, 2])
    expect(await idsOf(todos().range(1, 2))).toEqual([2, 3])
  })

  test('embed parents, children, one-to-one, through a junction, and spread', async () => {
    const { data } = await app.client
      .from('todos')
      .select('title, users(name, profiles(bio)), labels(label), ...users(owner:name)')
      .eq('id', 1)
      .order('id', { referencedTable: 'labels' })
    expect(data).toEqual([
      {
        title: 'write',
        users: { name: 'Ada', profiles: { bio: 'first' } },
        labels: [{ label: 'red' }, { label: 'green' }],
        owner: 'Ada',
      },
    ])
  })

  test('are aggregated', async () => {
    const { data } = await app.client
      .from('todos')
      .select('user_id, priority.sum(), id.count()')
      .eq('user_id', 1)
    expect(data).toEqual([{ user_id: 1, sum: 4, count: 2 }])
    expect((await app.client.from('users').select('id, todos(count)').eq('id', 1)).data).toEqual([
      { id: 1, todos: [{ count: 2 }] },
    ])
  })
})

describe('one row', () => {
  const labels = () => app.client.from('labels').select()

  test('single gives an object, and an error where there is not exactly one', async () => {
    expect((await labels().eq('id', 1).single()).data).toEqual({ id: 1, label: 'red' })
    const several = await labels().single()
    expect({ status: several.status, error: several.error }).toMatchObject({
      status: 406,
      error: { code: 'PGRST116', details: 'The result contains 2 rows' },
    })
  })

  test('maybeSingle gives an object, null, or an error where there are several', async () => {
    expect((await labels().eq('id', 1).maybeSingle()).data).toEqual({ id: 1, label: 'red' })
    expect(await labels().eq('id', 9).maybeSingle()).toMatchObject({ data: null, error: null, status: 200 })
    expect((await labels().maybeSingle()).error?.code).toBe('PGRST116')
  })
})

describe('counts', () => {
  test.each([['exact'], ['planned'], ['estimated']] as const)('%s', async (count) => {
    const rows = await app.client.from('todos').select('id', { count }).limit(1)
    expect({ count: rows.count, status: rows.status, rows: rows.data?.length }).toEqual({
      count: 4,
      status: 206,
      rows: 1,
    })
    expect(await app.client.from('todos').select('*', { count, head: true })).toMatchObject({
      count: 4,
      data: null,
      error: null,
    })
  })
})

describe('other forms', () => {
  test('csv', async () => {
    const { data } = await app.client.from('labels').select().order('id').csv()
    expect(data).toBe('id,label\n1,red\n2,green')
  })

  test('stripNulls, of rows and of one', async () => {
    const query = () => app.client.from('todos').select('id, priority').eq('id', 4)
    expect((await query().stripNulls()).data).toEqual([{ id: 4 }])
    expect((await query().single().stripNulls()).data).toEqual({ id: 4 })
  })

  test('explain as text and as JSON, with options, of reads, writes and calls', async () => {
    const text = await todos().explain({ analyze: true, verbose: true, settings: true, buffers: true })
    expect(text.error).toBeNull()
    expect(text.data).toMatch(/^Aggregate .*actual.*\n/)
    const { data } = await app.client.from('labels').insert({ id: 1 }).select().explain({ format: 'json' })
    expect(data).toMatchObject([{ Plan: { 'Node Type': expect.any(String) } }])
    expect((await app.client.rpc('todos_of', { owner: 1 }).explain({ wal: false })).data).toMatch(/cost=/)
  })

  test('explain is refused where the database does not allow it', async () => {
    const other = await app.stack.createDatabase(
      'closed',
      'create table t (id int); alter table t enable row level security',
    )
    const key = await app.stack.createKey(other.id)
    const client = new PostgrestClient(`${app.stack.url}/db/${other.id}/rest/v1`, {
      headers: { apikey: key.value },
    })
    const { status, error } = await client.from('t').select().explain()
    expect({ status, code: error?.code }).toEqual({ status: 406, code: 'PGRST107' })
  })

  test('the description of the schema, and of another', async () => {
    const { data } = await app.client.getOpenApiSpec()
    expect(data).toMatchObject({ swagger: '2.0', basePath: `/db/${app.database.id}/rest/v1/` })
    expect(Object.keys(data?.paths ?? {})).toEqual(expect.arrayContaining(['/todos', '/rpc/add']))
    const other = await app.client.schema('other').getOpenApiSpec()
    expect(Object.keys(other.data?.paths ?? {}).sort()).toEqual(['/', '/rpc/seven', '/things'])
  })
})

describe('the client', () => {
  test('speaks to another schema, and not to one that is not exposed', async () => {
    expect((await app.client.schema('other').from('things').select()).data).toEqual([{ id: 7 }])
    expect((await app.client.schema('other').rpc('seven')).data).toBe(7)
    const { status, error } = await app.client.schema('auth').from('secrets').select()
    expect({ status, error }).toMatchObject({
      status: 406,
      error: { code: 'PGRST106', hint: 'Only the following schemas are exposed: public, other' },
    })
  })

  test('throws errors where it is asked to', async () => {
    await expect(app.client.from('nope').select().throwOnError()).rejects.toMatchObject({ code: 'PGRST205' })
  })

  test('sends headers of its own, and gives up when told', async () => {
    const query = app.client.from('labels').select('id').eq('id', 1)
    expect((await query.setHeader('x-mine', 'yes')).data).toEqual([{ id: 1 }])
    const abort = new AbortController()
    abort.abort()
    expect((await todos().abortSignal(abort.signal)).error?.message).toContain('abort')
  })

  test('does not take an error of a request for one that a retry would mend', async () => {
    let requests = 0
    const counting: typeof fetch = (input, init) => {
      requests += 1
      return fetch(input, init)
    }
    const client = new PostgrestClient(app.url, { headers: { apikey: app.key }, fetch: counting })
    expect((await client.from('nope').select().retry(true)).status).toBe(404)
    expect((await client.from('labels').select('id').eq('id', 1).retry(false)).data).toEqual([{ id: 1 }])
    expect(requests).toBe(2)
  })

  test('of supabase-js reads and calls as this one does', async () => {
    const supabase = createClient(app.url.replace('/rest/v1', ''), app.key)
    expect((await supabase.from('labels').select('label').order('id')).data).toEqual([
      { label: 'red' },
      { label: 'green' },
    ])
    expect((await supabase.rpc('add', { a: 1, b: 2 })).data).toBe(3)
    expect((await supabase.schema('other').from('things').select().single()).data).toEqual({ id: 7 })
  })
})
