/** When a parsed and planned read is used again. */
import { parseCatalog } from '@db9/query'
import { DATA_API_DEFAULTS } from '@db9/types/internal'
import { beforeEach, expect, test } from 'vitest'
import type { ServedConfig } from '../keys/key-entry.ts'
import { Lru } from '../lru.ts'
import { type Prepared, planPrepared, prepareRequest, type RestInput } from './prepared.ts'

const EMPTY = {
  version: '1',
  relations: [],
  constraints: [],
  views: [],
  functions: [],
  types: [],
  handlers: [],
  roles: [['authenticator', false, false, false, false, false, null]],
}
const NOTES = {
  ...EMPTY,
  version: '2',
  relations: [
    [
      1,
      'public',
      'notes',
      'r',
      0,
      true,
      false,
      'admin',
      false,
      false,
      false,
      [[1, 'id', 23, true, null, false]],
    ],
  ],
  types: [[23, 'pg_catalog', 'int4', 'b', 'N', 0, 'integer']],
}
const served = (keyId = 'pk_1', exposedTables: string[] | null = null): ServedConfig => ({
  config: { key: { id: keyId }, data_api: DATA_API_DEFAULTS } as ServedConfig['config'],
  policy: { exposedSchemas: ['public'], exposedTables, exposedFunctions: [], requireRls: true },
})
const input = (change: Partial<RestInput> & { send?: Record<string, string> } = {}): RestInput => {
  const { send = {}, ...rest } = change
  return {
    method: 'GET',
    path: 'notes',
    basePath: '/db/db_1/rest/v1/',
    query: 'select=id',
    headers: new Headers(send),
    body: '',
    ...rest,
  }
}

let cache: Lru<Prepared>
beforeEach(() => {
  cache = new Lru(10)
})

test('the same read is parsed and planned once', () => {
  const config = served()
  const catalog = parseCatalog(JSON.stringify(NOTES))
  const first = prepareRequest(input(), config, cache)
  const plan = planPrepared(first, catalog)
  const second = prepareRequest(input(), config, cache)
  expect(second).toBe(first)
  expect(planPrepared(second, catalog)).toBe(plan)
})

test.each<[string, Partial<RestInput> & { send?: Record<string, string> }]>([
  ['query', { query: 'select=id&id=eq.1' }],
  ['path', { path: 'others' }],
  ['method', { method: 'HEAD' }],
  ['media type', { send: { accept: 'text/csv' } }],
  ['preference', { send: { prefer: 'count=exact' } }],
  ['range', { send: { range: '0-1' } }],
  ['schema', { send: { 'accept-profile': 'api' } }],
])('another %s is another read', (_, change) => {
  const config = served()
  const first = prepareRequest(input(), config, cache)
  const second = prepareRequest(input(change), config, cache)
  expect(second).not.toBe(first)
  expect(second.request).not.toEqual(first.request)
})

test('a key whose configuration changed, and another key, use no earlier plan', () => {
  const catalog = parseCatalog(JSON.stringify(NOTES))
  planPrepared(prepareRequest(input(), served(), cache), catalog)
  const narrowed = prepareRequest(input(), served('pk_1', ['other']), cache)
  expect(() => planPrepared(narrowed, catalog)).toThrow(/Could not find the table/)
  const other = prepareRequest(input(), served('pk_2', ['other']), cache)
  expect(() => planPrepared(other, catalog)).toThrow(/Could not find the table/)
})

test('another catalog needs a new plan', () => {
  const prepared = prepareRequest(input(), served(), cache)
  expect(() => planPrepared(prepared, parseCatalog(JSON.stringify(EMPTY)))).toThrow(
    /Could not find the table/,
  )
  expect(planPrepared(prepared, parseCatalog(JSON.stringify(NOTES)))).toMatchObject({
    plan: { action: 'read' },
  })
  expect(() => planPrepared(prepared, parseCatalog(JSON.stringify(EMPTY)))).toThrow(
    /Could not find the table/,
  )
})

test('no request is planned where the roles can reach more than they may', () => {
  const prepared = prepareRequest(input(), served(), cache)
  const roles = [...EMPTY.roles, ['boss', true, false, false, false, false, 'anon']]
  expect(() => planPrepared(prepared, parseCatalog(JSON.stringify({ ...NOTES, roles })))).toThrow(
    /can reach more/,
  )
})

test('writes are not kept', () => {
  const config = served()
  const write = () =>
    input({ method: 'POST', body: '{"id":1}', send: { 'content-type': 'application/json' } })
  expect(prepareRequest(write(), config, cache)).not.toBe(prepareRequest(write(), config, cache))
  expect(cache.size).toBe(0)
})

test.each<[string, (text: string) => Partial<RestInput> & { send?: Record<string, string> }]>([
  ['query', (text) => ({ query: `select=${text}` })],
  ['path', (text) => ({ path: text })],
  ['media type', (text) => ({ send: { accept: `*/*, ${text}` } })],
  ['preference', (text) => ({ send: { prefer: text } })],
  ['range', (text) => ({ send: { range: text } })],
  ['schema', (text) => ({ send: { 'accept-profile': text } })],
  ['content type', (text) => ({ send: { 'content-type': text } })],
])('a read with a long %s is answered and not kept', (_, change) => {
  const config = served()
  const read = (length: number) => prepareRequest(input(change('x'.repeat(length))), config, cache)
  read(2_000)
  expect(cache.size).toBe(0)
  read(1_000)
  expect(cache.size).toBe(1)
})
