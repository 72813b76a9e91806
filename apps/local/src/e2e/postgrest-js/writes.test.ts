import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { idsOf, startTodoApp, type TodoApp } from '../../testing/todo-app.ts'

let app: TodoApp

beforeAll(async () => {
  app = await startTodoApp()
})
beforeEach(() => app.seed())
afterAll(() => app?.dispose())

const labels = async () => (await app.client.from('labels').select().order('id')).data
const openTodos = () => idsOf(app.client.from('todos').select('id').is('done', false).order('id'))

describe('insert', () => {
  test('of one row answers nothing, and the row is there', async () => {
    const { status, data, error } = await app.client.from('labels').insert({ id: 9, label: 'x' })
    expect({ status, data, error }).toEqual({ status: 201, data: null, error: null })
    expect(await labels()).toContainEqual({ id: 9, label: 'x' })
  })

  test('of many rows takes defaults for what is missing, and counts and embeds', async () => {
    const rows = [{ title: 'a' }, { title: 'b', priority: 5, user_id: 1 }]
    const query = app.client.from('todos').insert(rows, { defaultToNull: false, count: 'exact' })
    const { data, count } = await query.select('title, priority, users(name)')
    expect(data).toEqual([
      { title: 'a', priority: 1, users: null },
      { title: 'b', priority: 5, users: { name: 'Ada' } },
    ])
    expect(count).toBe(2)
  })

  test('reads one row back as an object', async () => {
    const { data } = await app.client.from('labels').insert({ id: 9, label: 'x' }).select('label').single()
    expect(data).toEqual({ label: 'x' })
  })

  test('of several rows that are to be one object changes nothing', async () => {
    const { error, status } = await app.client
      .from('labels')
      .insert([{ id: 8 }, { id: 9 }])
      .select()
      .single()
    expect({ status, code: error?.code }).toEqual({ status: 406, code: 'PGRST116' })
    expect(await labels()).toHaveLength(2)
  })
})

describe('upsert', () => {
  const rows = [
    { id: 1, label: 'RED' },
    { id: 9, label: 'new' },
  ]

  test('merges duplicates', async () => {
    expect((await app.client.from('labels').upsert(rows).select()).data).toEqual(rows)
    expect(await labels()).toEqual([rows[0], { id: 2, label: 'green' }, rows[1]])
  })

  test('ignores duplicates', async () => {
    const query = app.client.from('labels').upsert(rows, { onConflict: 'id', ignoreDuplicates: true })
    expect((await query.select()).data).toEqual([{ id: 9, label: 'new' }])
    expect(await labels()).toContainEqual({ id: 1, label: 'red' })
  })
})

describe('update', () => {
  test('changes what the filters find, counts it and reads it back', async () => {
    const query = app.client.from('todos').update({ done: true }, { count: 'exact' }).lte('id', 2)
    const { data, count } = await query.select('id, done').order('id')
    expect(data).toEqual([
      { id: 1, done: true },
      { id: 2, done: true },
    ])
    expect(count).toBe(2)
    expect(await openTodos()).toEqual([3, 4])
  })

  test('answers nothing where nothing is asked for', async () => {
    const { status, data } = await app.client.from('todos').update({ done: true }).eq('id', 1)
    expect({ status, data }).toEqual({ status: 204, data: null })
  })
})

describe('delete', () => {
  test('takes away what the filters find, and reads it back', async () => {
    const { data } = await app.client.from('todos').delete().eq('id', 2).select('id, users(name)')
    expect(data).toEqual([{ id: 2, users: { name: 'Ada' } }])
    expect((await app.client.from('todos').delete({ count: 'exact' }).eq('id', 99)).count).toBe(0)
  })
})

describe('what is undone', () => {
  test('maxAffected refuses a write of more rows, and nothing changes', async () => {
    const query: unknown = app.client.from('todos').update({ done: true }).gt('id', 0)
    // The method's type asks for a declared server version; its request does not.
    const strict = query as { maxAffected(rows: number): PromiseLike<{ error: { code: string } | null }> }
    expect((await strict.maxAffected(1)).error?.code).toBe('PGRST124')
    expect(await openTodos()).toEqual([1, 3, 4])
  })

  test('maxAffected holds for functions too', async () => {
    const query: unknown = app.client.rpc('finish_all')
    const strict = query as { maxAffected(rows: number): PromiseLike<{ error: { code: string } | null }> }
    expect((await strict.maxAffected(1)).error?.code).toBe('PGRST124')
    expect(await openTodos()).toEqual([1, 3, 4])
  })

  test('rollback answers with the rows and leaves none', async () => {
    const { data } = await app.client.from('labels').insert({ id: 9 }).select('id').rollback()
    expect(data).toEqual([{ id: 9 }])
    expect(await labels()).toHaveLength(2)
  })
})

describe('functions', () => {
  test('are called with POST, GET and HEAD', async () => {
    expect((await app.client.rpc('add', { a: 1, b: 2 })).data).toBe(3)
    expect((await app.client.rpc('add', { a: 1 }, { get: true })).data).toBe(11)
    const { count } = await app.client.rpc(
      'todos_of',
      { owner: 1 },
      { head: true, get: true, count: 'exact' },
    )
    expect(count).toBe(2)
  })

  test('take arrays in a body and in an address', async () => {
    expect((await app.client.rpc('total', { numbers: [1, 2] })).data).toBe(3)
    expect((await app.client.rpc('sum_of', { numbers: [1, 2] }, { get: true })).data).toBe(3)
  })

  test('return rows that are filtered, ordered, cut and embedded in', async () => {
    const query = app.client.rpc('todos_of', { owner: 1 }).select('title, users(name)')
    expect((await query.eq('done', true).order('id').limit(1).single()).data).toEqual({
      title: 'read',
      users: { name: 'Ada' },
    })
  })

  test('return nothing, and did what they do', async () => {
    expect(await app.client.rpc('finish', { todo: 1 })).toMatchObject({
      status: 204,
      data: null,
      error: null,
    })
    expect(await openTodos()).toEqual([3, 4])
  })

  test('do nothing when they are read with GET', async () => {
    const { status, error } = await app.client.rpc('finish', { todo: 1 }, { get: true })
    expect({ status, code: error?.code }).toEqual({ status: 405, code: '25006' })
    expect(await openTodos()).toEqual([1, 3, 4])
  })

  test('raise errors of their own', async () => {
    const { status, error } = await app.client.rpc('refuse')
    expect({ status, error }).toMatchObject({
      status: 402,
      error: { code: 'PT402', message: 'Payment required', details: 'all of it', hint: 'pay' },
    })
  })

  test('that are not there are told apart from those that take other arguments', async () => {
    const { status, error } = await app.client.rpc('add', { c: 1 })
    expect({ status, code: error?.code }).toEqual({ status: 404, code: 'PGRST202' })
  })
})
