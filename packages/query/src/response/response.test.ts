import { describe, expect, test } from 'vitest'
import { errors, QueryError } from '../errors.ts'
import { fromPostgresError, isCatalogMiss, isStaleCatalog } from './postgres-error.ts'
import type { PostgresFields } from './postgres-fields.ts'
import { toErrorResponse } from './response.ts'
import { mergeHeaders, parseResponseHeaders, parseResponseStatus } from './response-settings.ts'

const told = (fields: PostgresFields, role: 'anon' | 'authenticated' = 'anon') =>
  fromPostgresError(fields, { role })

describe('errors of Postgres', () => {
  test.each([
    ['08006', 503],
    ['0LP01', 403],
    ['21000', 500],
    ['22P02', 400],
    ['23502', 400],
    ['23503', 409],
    ['23505', 409],
    ['25006', 405],
    ['25P02', 500],
    ['28000', 403],
    ['40001', 500],
    ['42883', 404],
    ['42P01', 404],
    ['42P17', 500],
    ['53300', 503],
    ['53400', 500],
    ['57014', 500],
    ['57P01', 503],
    ['P0001', 400],
    ['P0002', 500],
    ['XX000', 500],
    ['PT402', 402],
    ['PT999', 500],
    ['PTabc', 500],
    ['ZZ123', 400],
  ])('%s answers %i', (code, status) => {
    expect(told({ code, message: 'm' }).status).toBe(status)
  })

  test('a missing privilege answers 401 to a visitor and 403 to a user', () => {
    const fields = { code: '42501', message: 'permission denied for table t' }
    expect(told(fields).status).toBe(401)
    expect(toErrorResponse(told(fields)).headers).toContainEqual(['WWW-Authenticate', 'Bearer'])
    expect(told(fields, 'authenticated').status).toBe(403)
  })

  test('an update without WHERE that pg-safeupdate refuses is the caller’s error', () => {
    expect(told({ code: '21000', message: 'UPDATE requires a WHERE clause' }).status).toBe(400)
  })

  test('without a plan no quoted name is told', () => {
    const error = told({
      code: '23505',
      message: 'duplicate key value violates "x_key"',
      detail: 'Key (a)=(1)',
    })
    expect(error).toMatchObject({ message: 'duplicate key value violates (not exposed)', details: null })
  })

  test('what a function raises on purpose is told as it is', () => {
    const fields = { code: 'P0001', message: 'see "users"', detail: 'd', hint: 'h' }
    expect(told(fields)).toMatchObject({ message: 'see "users"', details: 'd', hint: 'h' })
  })

  test('our guards are told in the words of PostgREST', () => {
    expect(told({ code: 'DB002', message: '3' })).toMatchObject({
      code: 'PGRST116',
      details: 'The result contains 3 rows',
    })
    expect(told({ code: 'DB003', message: 'x"; <script>' })).toMatchObject({
      code: 'PGRST124',
      details: 'The query affects 0 rows',
    })
    expect(told({ code: 'DB001', message: '' })).toMatchObject({ code: 'DB9502', status: 503 })
  })

  test('names that the plan knew and the statement no longer found mean a stale plan', () => {
    expect(isStaleCatalog({ code: 'DB001', message: '' })).toBe(true)
    expect(isStaleCatalog({ code: '42P01', message: 'relation "t" does not exist' })).toBe(true)
    expect(isStaleCatalog({ code: '42P01', message: 'm', where: 'PL/pgSQL function f()' })).toBe(false)
    expect(isStaleCatalog({ code: '42883', message: 'function f() does not exist' })).toBe(true)
    expect(isStaleCatalog({ code: '42883', message: 'operator does not exist: a = b' })).toBe(false)
    expect(isStaleCatalog({ code: '22P02', message: 'm' })).toBe(false)
  })

  test('refusals by what the catalog holds may be a stale catalog’s', () => {
    expect(isCatalogMiss(errors.noTable('public', 't', null))).toBe(true)
    expect(isCatalogMiss(errors.unsafe('no_rls', 't', '"t"'))).toBe(true)
    expect(isCatalogMiss(errors.media(['text/unknown']))).toBe(true)
    expect(isCatalogMiss(errors.method('TRACE'))).toBe(false)
  })
})

describe('RAISE SQLSTATE PGRST', () => {
  const message = JSON.stringify({ code: '123', message: 'ABC', details: 'DEF', hint: 'XYZ' })

  test('says the whole error, headers by the list', () => {
    const headers = { 'X-Header': 'str', 'Set-Cookie': 'a=b', 'Content-Type': 'text/html' }
    const error = told({ code: 'PGRST', message, detail: JSON.stringify({ status: 332, headers }) })
    expect(error).toMatchObject({
      status: 332,
      code: '123',
      message: 'ABC',
      details: 'DEF',
      hint: 'XYZ',
      headers: [['X-Header', 'str']],
    })
  })

  test.each([
    ['no detail', message, null, 'DETAIL is missing in the RAISE statement'],
    ['a bad detail', message, '{"status":"x"}', `Invalid JSON value for DETAIL: '{"status":"x"}'`],
    ['a bad message', 'INVALID', '{}', "Invalid JSON value for MESSAGE: 'INVALID'"],
  ])('with %s is an error of the function', (_, text, detail, details) => {
    expect(told({ code: 'PGRST', message: text, detail })).toMatchObject({
      status: 500,
      code: 'PGRST121',
      details,
    })
  })
})

describe('headers from SQL', () => {
  const passed = (name: string, value: string) =>
    parseResponseHeaders(JSON.stringify([{ [name]: value }])).length === 1

  test.each([
    ['Cache-Control', 'no-store'],
    ['X-Total', '1'],
    ['Link', '</a>; rel=next'],
    ['Location', '/todos?id=eq.1'],
    ['Location', 'todos?id=eq.1'],
    ['Content-Type', 'application/json'],
    ['Content-Type', 'text/plain; charset=utf-8'],
  ])('%s: %s passes', (name, value) => expect(passed(name, value)).toBe(true))

  test.each([
    ['Set-Cookie', 'a=b'],
    ['Access-Control-Allow-Origin', '*'],
    ['Content-Security-Policy', ''],
    ['X-Content-Type-Options', ''],
    ['X-Frame-Options', 'ALLOWALL'],
    ['X-DB9-Anything', '1'],
    ['X-Request-Id', '1'],
    ['X-Accel-Redirect', '/etc'],
    ['X-Sendfile', '/etc'],
    ['X-Forwarded-For', '1.1.1.1'],
    ['Content-Length', '5'],
    ['Transfer-Encoding', 'chunked'],
    ['X-A', 'a\r\nSet-Cookie: b=c'],
    ['X-A\r\nB', 'a'],
    ['Location', 'https://evil.example'],
    ['Location', '//evil.example'],
    ['Location', '/\\evil.example'],
    ['Location', 'javascript:alert(1)'],
    ['Content-Type', 'text/html'],
    ['Content-Type', 'image/svg+xml'],
    ['Content-Type', 'application/xml'],
    ['Content-Type', 'text/javascript'],
  ])('%s: %s does not', (name, value) => expect(passed(name, value)).toBe(false))

  test.each(['nope', '{}', '[1]', '[{"a":1}]', '[{"a":"1","b":"2"}]', '[{}]'])('%s is PGRST111', (text) => {
    expect(() => parseResponseHeaders(text)).toThrow(expect.objectContaining({ code: 'PGRST111' }))
  })

  test('replace ours of the same name', () => {
    expect(
      mergeHeaders(
        [
          ['Content-Type', 'a'],
          ['B', 'b'],
        ],
        [['content-type', 'c']],
      ),
    ).toEqual([
      ['B', 'b'],
      ['content-type', 'c'],
    ])
  })

  test('a status is a number from 200 to 599', () => {
    expect(parseResponseStatus(null)).toBeNull()
    expect(parseResponseStatus('205')).toBe(205)
    for (const text of ['101', '600', 'x', '2000', '-1']) {
      expect(() => parseResponseStatus(text)).toThrow(expect.objectContaining({ code: 'PGRST112' }))
    }
  })
})

test('an error reply is JSON with the four fields of PostgREST', () => {
  const reply = toErrorResponse(new QueryError({ code: 'A"\r\nB', status: 400, message: 'm' }))
  expect(JSON.parse(reply.body)).toEqual({ code: 'A"\r\nB', message: 'm', details: null, hint: null })
  expect(reply.headers).toContainEqual(['Proxy-Status', 'PostgREST; error=AB'])
})
