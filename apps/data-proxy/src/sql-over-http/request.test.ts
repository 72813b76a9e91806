import { describe, expect, test } from 'vitest'
import { ProxyError } from '../errors.ts'
import { paramText, parseSqlRequest } from './request.ts'

const body = (value: unknown) => JSON.stringify(value)

describe('a request', () => {
  test('of one statement is that statement, with its values as text', () => {
    const request = parseSqlRequest({}, body({ query: 'select $1', params: ['a', 1, true, null, { k: 1 }] }))
    expect(request).toMatchObject({
      kind: 'single',
      rawText: false,
      statements: [{ text: 'select $1', params: ['a', '1', 'true', null, '{"k":1}'], arrayMode: false }],
    })
  })

  test('of a batch begins with the options of its headers and echoes them', () => {
    const headers = {
      'neon-batch-isolation-level': 'RepeatableRead',
      'neon-batch-read-only': 'true',
      'neon-batch-deferrable': 'false',
      'neon-raw-text-output': 'true',
      'neon-array-mode': 'true',
    }
    const request = parseSqlRequest(
      headers,
      body({ queries: [{ query: 'a' }, { query: 'b', arrayMode: false }] }),
    )
    expect(request).toMatchObject({
      kind: 'batch',
      rawText: true,
      begin: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY NOT DEFERRABLE',
      end: 'COMMIT',
      statements: [
        { text: 'a', arrayMode: true },
        { text: 'b', arrayMode: false },
      ],
      echo: {
        'neon-batch-isolation-level': 'RepeatableRead',
        'neon-batch-read-only': 'true',
        'neon-batch-deferrable': 'false',
      },
    })
  })

  test('of a batch without options leaves them to the database', () => {
    expect(parseSqlRequest({}, body({ queries: [] }))).toMatchObject({
      begin: 'BEGIN',
      end: 'COMMIT',
      echo: {},
    })
  })

  test('of a batch can end in a rollback', () => {
    const headers = { 'x-db9-batch-rollback': 'true' }
    expect(parseSqlRequest(headers, body({ queries: [] })).end).toBe('ROLLBACK')
  })

  test.each([
    ['not JSON', {}, '{'],
    ['a list', {}, '[]'],
    ['null', {}, 'null'],
    ['no query', {}, '{}'],
    ['a query that is a number', {}, body({ query: 1 })],
    ['a NUL in the query', {}, body({ query: 'select \0' })],
    ['params that are no list', {}, body({ query: 'a', params: {} })],
    ['more params than the protocol counts', {}, body({ query: 'a', params: new Array(65_536).fill(1) })],
    ['a NUL in a value', {}, body({ query: 'a', params: ['\0'] })],
    ['queries that are no list', {}, body({ queries: {} })],
    ['a batch of numbers', {}, body({ queries: [1] })],
    ['over 1000 statements', {}, body({ queries: new Array(1001).fill({ query: 'a' }) })],
    ['an unknown isolation level', { 'neon-batch-isolation-level': 'constructor' }, body({ queries: [] })],
    ['a flag that is neither', { 'neon-array-mode': 'yes' }, body({ query: 'a' })],
    ['batch options of a single statement', { 'neon-batch-read-only': 'true' }, body({ query: 'a' })],
  ])('with %s is refused', (_, headers, text) => {
    expect(() => parseSqlRequest(headers, text)).toThrow(ProxyError)
  })
})

test.each([
  [[1, null, 'a"b\\c'], '{"1",NULL,"a\\"b\\\\c"}'],
  [[[1], [2]], '{{"1"},{"2"}}'],
  [['NULL', '', 'ä,}'], '{"NULL","","ä,}"}'],
  [[{ k: 'v' }], '{"{\\"k\\":\\"v\\"}"}'],
  [[], '{}'],
])('the list %j is the array literal %s', (value, literal) => {
  expect(paramText(value)).toBe(literal)
})
