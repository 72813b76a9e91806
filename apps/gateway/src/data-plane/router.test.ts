/** The database and service that a URL means. */
import { expect, test } from 'vitest'
import { findRoute } from './router.ts'

const ID = 'db_01k9zwq3f0a1b2c3d4e5f6g7h8'
const HOST = `${ID.replace('_', '-')}.data.example.com`
const SERVICES = [
  ['/rest/v1', 'rest'],
  ['/functions/v1', 'functions'],
] as const

const found = (service: string, path: string) => ({
  kind: 'found',
  service,
  target: { databaseId: ID, path },
})
const rest = (path: string) => found('rest', path)
const route = (url: string, domain: string | null = 'data.example.com') =>
  findRoute(new URL(url), domain, SERVICES)

const unknown = (path: string, hasDatabase: boolean) => ({ kind: 'unknown', path, hasDatabase })

test.each([
  [`http://gw/db/${ID}/rest/v1/todos`, rest('todos')],
  [`http://gw/db/${ID}/rest/v1/rpc/fn`, rest('rpc/fn')],
  [`http://gw/db/${ID}/rest/v1/`, rest('')],
  [`http://gw/db/${ID}/rest/v1`, rest('')],
  [`http://gw/db/${ID}/rest/v1/a%2Fb`, rest('a%2Fb')],
  [`http://gw/db/${ID}/./rest/v1/x`, rest('x')],
  [`http://${HOST}/rest/v1/todos`, rest('todos')],
  [`http://gw/db/${ID}/functions/v1/f`, found('functions', 'f')],
  [`http://${HOST}/functions/v1`, found('functions', '')],
  [`http://gw/db/${ID}/storage/v1/f`, unknown('/storage/v1/f', true)],
  [`http://gw/db/${ID}//rest/v1/todos`, unknown('//rest/v1/todos', true)],
  [`http://gw/db/${ID}/REST/v1/todos`, unknown('/REST/v1/todos', true)],
  [`http://gw/db/${ID}/rest/v1todos`, unknown('/rest/v1todos', true)],
  [`http://gw/db/${ID}`, unknown(`/db/${ID}`, false)],
  ['http://gw/db/todo-app/rest/v1/todos', unknown('/db/todo-app/rest/v1/todos', false)],
  ['http://gw/db/%2e%2e/rest/v1/todos', unknown('/rest/v1/todos', false)],
  ['http://gw/customer/databases', { kind: 'none' }],
  ['http://other.data.example.com/rest/v1/todos', unknown('/rest/v1/todos', false)],
  [`http://${HOST}/customer/me`, unknown('/customer/me', true)],
  [`http://${ID.replace('_', '-')}.evil.com/rest/v1/todos`, unknown('/rest/v1/todos', false)],
  [`http://${HOST}.evil.com/rest/v1/todos`, unknown('/rest/v1/todos', false)],
])('%s', (url, expected) => expect(route(url)).toEqual(expected))

test('without a data domain, every host is routed by its path', () => {
  expect(route(`http://x.data.example.com/db/${ID}/rest/v1/t`, null)).toEqual(rest('t'))
})
