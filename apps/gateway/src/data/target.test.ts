import { expect, test } from 'vitest'
import { parseTarget } from './target.ts'

const ID = 'db_01k9zwq3f0a1b2c3d4e5f6g7h8'
const rest = (path: string) => ({ kind: 'rest', target: { databaseId: ID, path } })
const parse = (url: string, domain: string | null = 'data.example.com') => parseTarget(new URL(url), domain)

test.each([
  [`http://gw/db/${ID}/rest/v1/todos`, rest('todos')],
  [`http://gw/db/${ID}/rest/v1/rpc/fn`, rest('rpc/fn')],
  [`http://gw/db/${ID}/rest/v1/`, rest('')],
  [`http://gw/db/${ID}/rest/v1`, rest('')],
  [`http://gw/db/${ID}/rest/v1/a%2Fb`, rest('a%2Fb')],
  [`http://gw/db/${ID}/./rest/v1/x`, rest('x')],
  [`http://${ID.replace('_', '-')}.data.example.com/rest/v1/todos`, rest('todos')],
  [`http://gw/db/${ID}/functions/v1/f`, { kind: 'unknown' }],
  [`http://gw/db/${ID}//rest/v1/todos`, { kind: 'unknown' }],
  [`http://gw/db/${ID}/REST/v1/todos`, { kind: 'unknown' }],
  [`http://gw/db/${ID}/rest/v1todos`, { kind: 'unknown' }],
  [`http://gw/db/${ID}`, { kind: 'unknown' }],
  ['http://gw/db/todo-app/rest/v1/todos', { kind: 'unknown' }],
  ['http://gw/db/%2e%2e/rest/v1/todos', { kind: 'none' }],
  ['http://gw/customer/databases', { kind: 'none' }],
  ['http://other.data.example.com/rest/v1/todos', { kind: 'unknown' }],
  [`http://${ID.replace('_', '-')}.data.example.com/customer/me`, { kind: 'unknown' }],
  [`http://${ID.replace('_', '-')}.evil.com/rest/v1/todos`, { kind: 'none' }],
  [`http://${ID.replace('_', '-')}.data.example.com.evil.com/rest/v1/todos`, { kind: 'none' }],
])('%s', (url, expected) => expect(parse(url)).toEqual(expected))

test('without a data domain every host is the same', () => {
  expect(parse(`http://x.data.example.com/db/${ID}/rest/v1/t`, null)).toEqual(rest('t'))
})
