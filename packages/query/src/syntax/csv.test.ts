import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { QueryError } from '../errors.ts'
import { atOnce } from '../steps.ts'
import { SETTINGS, toInput } from '../testing/requests.ts'
import { readAhead } from './body.ts'
import { parseCsv } from './csv.ts'
import { parseRequest } from './request.ts'

const MAX_LENGTH = 64 * 1024 * 1024
const rowsOf = (text: string, maxLength = MAX_LENGTH) => JSON.parse(parseCsv(text, maxLength).json)

function refusalOf(run: () => unknown): QueryError {
  try {
    run()
  } catch (error) {
    if (error instanceof QueryError) return error
    throw error
  }
  throw new Error('expected a refusal')
}

/** What is right, told by a regular expression of one field; it is good for short texts alone. */
function reference(text: string): Record<string, string | null>[] | null {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/y
  const lines: string[][] = []
  let line: string[] = []
  while (field.lastIndex < text.length) {
    const [, quoted, bare, separator] = field.exec(text) ?? []
    if (separator === undefined) return null
    line.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'))
    if (separator === ',') {
      if (field.lastIndex === text.length) line.push('')
      else continue
    }
    if (line.length > 1 || line[0] !== '') lines.push(line)
    line = []
  }
  const [header, ...rest] = lines
  if (header === undefined || rest.some(({ length }) => length !== header.length)) return null
  return rest.map((cells) =>
    Object.fromEntries(header.map((name, i) => [name, cells[i] === 'NULL' ? null : (cells[i] ?? null)])),
  )
}

describe('CSV', () => {
  test('comes back as it was written', () => {
    const cell = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed())
    const table = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 })
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r', '\r\n'), (rows, end) => {
        const text = ['a,b', ...rows.map((row) => row.map(quote).join(','))].join(end)
        const nullable = (value: string) => (value === 'NULL' ? null : value)
        expect(rowsOf(text)).toEqual(rows.map(([a, b]) => ({ a: nullable(a), b: nullable(b) })))
      }),
    )
  })

  test('of any text is what the reference says, or is refused where that refuses', () => {
    // No backslash: in the names of an object, JSON.parse of V8 13.6 may take a quote for the one it read before.
    const part = fc.constantFrom('"', '""', ',', '\n', '\r', '\r\n', 'a', 'b', 'NULL', ' ', 'é')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
        const text = parts.join('')
        const expected = reference(text)
        if (expected === null) expect(refusalOf(() => parseCsv(text, MAX_LENGTH)).code).toBe('PGRST102')
        else expect(rowsOf(text)).toEqual(expected)
      }),
      { numRuns: 20_000 },
    )
  })

  test('names its columns once, and none where there are no rows', () => {
    expect(parseCsv('a,b,a\n1,2,3', MAX_LENGTH)).toEqual({
      json: '[{"a":"3","b":"2"}]',
      keys: ['a', 'b'],
      count: 1,
    })
    expect(parseCsv('a,b\n', MAX_LENGTH)).toEqual({ json: '[]', keys: [], count: 0 })
  })

  test('may hold one field of megabytes', () => {
    const value = 'x,\n'.repeat(3_000_000)
    expect(rowsOf(`a\n"${value}"`)).toEqual([{ a: value }])
  })

  test('may hold millions of quotes', () => {
    expect(rowsOf(`a\n"${'""'.repeat(4_500_000)}"`)).toEqual([{ a: '"'.repeat(4_500_000) }])
    expect(refusalOf(() => rowsOf(`a\n"${'""'.repeat(4_500_000)}`)).code).toBe('PGRST102')
    expect(refusalOf(() => rowsOf('"'.repeat(9_000_001))).code).toBe('PGRST102')
  })

  test('of millions of lines and fields is read or refused', () => {
    expect(rowsOf(`a\n${'1\n'.repeat(1_000_000)}`)).toHaveLength(1_000_000)
    expect(refusalOf(() => rowsOf(','.repeat(9_000_000))).code).toBe('DB9109')
  })

  test('whose names would be repeated beyond the limit is refused before that is built', () => {
    const name = 'n'.repeat(100_000)
    const text = `${name}\n${'1\n'.repeat(100_000)}`
    expect(refusalOf(() => parseCsv(text, 1_000_000))).toMatchObject({ code: 'DB9102', status: 413 })
    expect(parseCsv(`${name}\n1\n1\n`, 1_000_000).count).toBe(2)
  })
})

describe('read ahead', () => {
  const LONG = `a,b\n${'1,"x""y"\n'.repeat(100_000)}`

  test('a long text is the same rows, made in many steps', () => {
    const steps = readAhead(LONG, 'text/csv; charset=utf-8', MAX_LENGTH)
    let count = 0
    let step = steps.next()
    for (; !step.done; step = steps.next()) count++
    expect(step.value).toEqual(parseCsv(LONG, MAX_LENGTH))
    expect(count).toBeGreaterThan(30)
  })

  test('what is wrong with a text is told when its request is parsed, after what comes before that', () => {
    const ahead = atOnce(readAhead(`${LONG}1\n`, 'text/csv', MAX_LENGTH))
    expect(ahead).toMatchObject({ code: 'PGRST102' })
    const request = (url: string) =>
      parseRequest(
        { ...toInput({ method: 'POST', url, body: 'a\n1', headers: { 'content-type': 'text/csv' } }), ahead },
        SETTINGS,
      )
    expect(refusalOf(() => request('t')).code).toBe('PGRST102')
    expect(refusalOf(() => request('t/x')).code).toBe('PGRST125')
  })

  test.each([
    ['a short one', 'a\n1', 'text/csv'],
    ['JSON', LONG, 'application/json'],
    ['a body without a type', LONG, null],
  ])('%s is left to the request', (_, body, type) => {
    expect(atOnce(readAhead(body, type, MAX_LENGTH))).toBeNull()
  })
})
