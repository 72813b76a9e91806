import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, idsOf, startTodoApp, type TodoApp } from '../../testing/todo-app.ts'

let app: TodoApp

beforeAll(async () => {
  app = await startTodoApp()
  await app.seed()
})
afterAll(() => app?.dispose())

const todos = () => app.client.from('todos').select('id').order('id')
const users = () => app.client.from('users').select('id').order('id')
const documents = () => app.client.from('documents').select('id').order('id')

describe('each filter of the client finds its rows:', () => {
  test.each<[string, () => PromiseLike<Answer>, number[]]>([
    ['eq', () => todos().eq('id', 1), [1]],
    ['eq inside JSON', () => todos().eq('data->a->>b', 'x'), [1]],
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
    ['is null', () => todos().is('priority', null), [4]],
    ['is true', () => todos().is('done', true), [2]],
    ['isDistinct', () => todos().isDistinct('priority', 1), [1, 3, 4]],
    ['in', () => todos().in('title', ['run, fast', 'rest']), [3, 4]],
    ['in of nothing', () => todos().in('id', []), []],
    ['notIn', () => todos().notIn('id', [1, 2]), [3, 4]],
    ['contains an array', () => users().contains('tags', ['a']), [1]],
    ['contains JSON', () => todos().contains('data', { n: 2 }), [2]],
    ['contains a range', () => documents().contains('span', '[5,6)'), [2]],
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
  ])('%s', async (_, query, expected) => {
    expect(await idsOf(query())).toEqual(expected)
  })
})

test('or, order, limit and range reach into an embedded resource', async () => {
  const { data } = await app.client
    .from('users')
    .select('id, todos(id)')
    .or('done.is.true,priority.gt.1', { referencedTable: 'todos' })
    .order('id', { referencedTable: 'todos', ascending: false })
    .range(1, 1, { referencedTable: 'todos' })
    .order('id')
  expect(data).toEqual([
    { id: 1, todos: [{ id: 1 }] },
    { id: 2, todos: [] },
  ])
  const limited = await app.client
    .from('users')
    .select('id, todos(id)')
    .order('id', { referencedTable: 'todos' })
    .limit(1, { referencedTable: 'todos' })
    .eq('id', 1)
  expect(limited.data).toEqual([{ id: 1, todos: [{ id: 1 }] }])
})

test('filters reach parents by an inner join, and children by their absence', async () => {
  const joined = app.client.from('users').select('id, todos!inner(id)').eq('todos.done', true)
  expect((await joined).data).toEqual([{ id: 1, todos: [{ id: 2 }] }])
  expect(await idsOf(app.client.from('users').select('id, profiles()').is('profiles', null))).toEqual([2])
})
