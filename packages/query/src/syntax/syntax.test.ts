import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { QueryError } from '../errors.ts'
import { SETTINGS, toInput } from '../testing/requests.ts'
import { parseAccept } from './media.ts'
import { parsePrefer, toPreferenceApplied } from './prefer.ts'
import type { Query } from './query.ts'
import { parseQueryString, toCanonical } from './query-string.ts'
import { intersectRanges, parseRangeHeader, restrictRange } from './range.ts'
import { parseRequest } from './request.ts'

function query(text: string): Query {
  return parseRequest(toInput({ url: `todos?${text}` }), SETTINGS).query
}

function refusal(run: () => unknown): QueryError {
  try {
    run()
  } catch (error) {
    if (error instanceof QueryError) return error
    throw error
  }
  throw new Error('expected a refusal')
}

describe('select', () => {
  test('an embed carries alias, hint, join and items, hint and join in either order', () => {
    const embed = { kind: 'embed', alias: 'a', relation: 'rel', hint: 'fk', join: 'inner', spread: false }
    const items = [{ kind: 'all' }]
    expect(query('select=a:rel!fk!inner(*)').select).toEqual([{ ...embed, items }])
    expect(query('select=a:rel!inner!fk(*)').select).toEqual([{ ...embed, items }])
  })

  test('dashes belong to names, arrows end them', () => {
    expect(query('select=a-b->c-d->>e').select).toMatchObject([
      {
        field: {
          name: 'a-b',
          path: [
            { arrow: '->', key: 'c-d' },
            { arrow: '->>', key: 'e' },
          ],
        },
      },
    ])
  })

  test('quoted names may hold anything', () => {
    expect(query('select="a.b,c(d)":"x\\"y"').select).toMatchObject([
      { alias: 'a.b,c(d)', field: { name: 'x"y' } },
    ])
  })

  test('a cast is no alias', () => {
    expect(query('select=a::text').select).toMatchObject([{ alias: null, cast: 'text' }])
  })

  test('count() counts rows and a column may still be named count', () => {
    expect(query('select=count(),n:count()::text,count').select).toMatchObject([
      { field: null, aggregate: { function: 'count', cast: null } },
      { alias: 'n', field: null, aggregate: { function: 'count', cast: 'text' } },
      { field: { name: 'count' }, aggregate: null },
    ])
  })

  test('unicode names are names', () => {
    expect(query('select=%D9%85%D9%88%D8%A7%D8%B1%D8%AF').select).toMatchObject([
      { field: { name: 'موارد' } },
    ])
  })
})

describe('filters', () => {
  const first = (text: string) => query(text).filters[0]

  test('the last part of a key is the field, those before it are embeds', () => {
    expect(first('a.b.c->>d=eq.1')).toMatchObject({
      path: ['a', 'b'],
      value: { field: { name: 'c', path: [{ arrow: '->>', key: 'd' }] } },
    })
  })

  test('a quoted key keeps its dots', () => {
    expect(first('"a.b"=eq.1')).toMatchObject({ path: [], value: { field: { name: 'a.b' } } })
  })

  test('list items may be quoted, with escapes, and empty', () => {
    expect(first('a=in.(x,"y,\\"z\\"",)')?.value.test).toEqual({ kind: 'in', values: ['x', 'y,"z"', ''] })
    expect(first('a=in.()')?.value.test).toEqual({ kind: 'in', values: [] })
    expect(first('a=in.("")')?.value.test).toEqual({ kind: 'in', values: [''] })
  })

  test('the value of a filter is everything after the operator', () => {
    expect(first('a=eq.not.eq.(1,2)')?.value).toMatchObject({ not: false, test: { value: 'not.eq.(1,2)' } })
  })

  test('plus is a space and %2B a plus', () => {
    expect(first('a=eq.x+y%2Bz')?.value.test).toMatchObject({ value: 'x y+z' })
  })

  test('search takes a language', () => {
    expect(first('a=not.wfts(english).x')?.value).toMatchObject({
      not: true,
      test: { kind: 'search', operator: 'wfts', language: 'english', value: 'x' },
    })
  })

  test('trees nest, values may be quoted or arrays, and a column may be named not', () => {
    const [logic] = query('or=(a.eq."x,y)",not.and(b.cs.{1,2},c.in.(1,2)),not.eq.1)').logic
    expect(logic?.value.items).toMatchObject([
      { field: { name: 'a' }, test: { value: 'x,y)' } },
      { operator: 'and', not: true, items: [{ test: { value: '{1,2}' } }, { test: { values: ['1', '2'] } }] },
      { field: { name: 'not' }, test: { value: '1' } },
    ])
  })

  test('trees of embeds carry their path', () => {
    expect(query('a.not.or=(x.is.null)').logic).toMatchObject([{ path: ['a'], value: { not: true } }])
  })
})

describe('caps', () => {
  const caps = {
    ...SETTINGS.caps,
    url_bytes: 200,
    filters: 2,
    in_values_url: 2,
    logic_depth: 2,
    embeds: 2,
    embed_depth: 2,
  }
  const settings = { ...SETTINGS, caps }
  const code = (url: string, body = '') =>
    refusal(() => parseRequest(toInput({ method: body ? 'POST' : 'GET', url, body }), settings)).code

  test('each has an error of its own', () => {
    expect(code(`t?a=eq.${'x'.repeat(200)}`)).toBe('DB9101')
    expect(code('t?a=eq.1&b=eq.1&c=eq.1')).toBe('DB9103')
    expect(code('t?or=(a.eq.1,b.eq.1,c.eq.1)')).toBe('DB9103')
    expect(code('t?a=in.(1,2,3)')).toBe('DB9104')
    expect(code('t?or=(and(or(a.eq.1)))')).toBe('DB9105')
    expect(code('t?select=a(*),b(*),c(*)')).toBe('DB9106')
    expect(code('t?select=a(b(c(*)))')).toMatch(/^DB910[67]$/)
    const small = { ...settings, caps: { ...caps, request_bytes: 4 } }
    const refused = refusal(() => parseRequest(toInput({ method: 'POST', url: 't', body: '"éé"' }), small))
    expect(refused.code).toBe('DB9102')
  })

  test('of columns hold for all resources of a request together', () => {
    const columns = (n: number) => Array.from({ length: n }, (_, i) => `c${i}`).join(',')
    const ask = (text: string) => refusal(() => query(text))
    expect(query(`select=${columns(200)}`).select).toHaveLength(200)
    expect(ask(`select=${columns(201)}`)).toMatchObject({
      code: 'DB9109',
      details: 'At most 200 are accepted.',
    })
    expect(ask(`select=${columns(100)},a(${columns(60)}),b(${columns(60)})`).code).toBe('DB9109')
    expect(query(`order=${columns(50)}`).orders).toHaveLength(1)
    expect(ask(`order=${columns(30)}&a.order=${columns(30)}`).code).toBe('DB9109')
    expect(query(`select=d${'->x'.repeat(32)}`).select).toHaveLength(1)
    expect(ask(`select=d${'->x'.repeat(33)}`).code).toBe('DB9112')
    expect(ask(`d${'->x'.repeat(4000)}=eq.1`).code).toBe('DB9112')
    expect(ask(`order=d${'->x'.repeat(4000)}`).code).toBe('DB9112')
  })

  test('what is at the cap passes', () => {
    expect(() => parseRequest(toInput({ url: 't?a=in.(1,2)&or=(and(b.eq.1))' }), settings)).not.toThrow()
  })

  test('hold while reading, whatever the size of a form body', () => {
    const headers = { 'x-http-method-override': 'GET', 'content-type': 'application/x-www-form-urlencoded' }
    const ask = (body: string) =>
      refusal(() => parseRequest(toInput({ method: 'POST', url: 't', body, headers }), SETTINGS)).code
    const started = performance.now()
    expect(ask(`or=(${'a.eq.1,'.repeat(1_000_000)}a.eq.1)`)).toBe('DB9103')
    expect(ask(`select=${'a,'.repeat(3_000_000)}a`)).toBe('DB9109')
    expect(ask(`a=in.(${'1,'.repeat(3_000_000)}1)`)).toBe('DB9104')
    expect(ask('a=eq.1&'.repeat(1_000_000))).toBe('DB9103')
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('depth is refused before the stack is exhausted', () => {
    const deep = `or=${'(and'.repeat(3000)}(a.eq.1${')'.repeat(3001)}`
    expect(refusal(() => query(deep)).code).toBe('DB9105')
  })
})

describe('headers', () => {
  test('of a preference given twice the first counts, and what is unknown is kept apart', () => {
    const preferences = parsePrefer(
      'tx=commit, tx=rollback,return=minimal , foo, max-affected=5, timezone=UTC',
    )
    expect(preferences).toMatchObject({ tx: 'commit', return: 'minimal', maxAffected: 5, timezone: 'UTC' })
    expect(preferences.invalid).toEqual(['foo'])
  })

  test('max-affected applies under strict handling alone', () => {
    expect(toPreferenceApplied({ handling: 'strict', maxAffected: 3 })).toBe(
      'handling=strict, max-affected=3',
    )
    expect(toPreferenceApplied({ maxAffected: 3 })).toBeNull()
  })

  test('accepted types come in the order of their weights', () => {
    expect(parseAccept('text/html;q=0.1, application/json, */*;q=0.5, x/y;q=0')).toEqual([
      'application/json',
      '*/*',
      'text/html',
    ])
  })

  test('ranges intersect', () => {
    expect(intersectRanges({ offset: 5, limit: 10 }, { offset: 0, limit: 8 })).toEqual({
      offset: 5,
      limit: 3,
    })
    expect(restrictRange({ offset: 5, limit: null }, 2)).toEqual({ offset: 5, limit: 2 })
    expect(parseRangeHeader('10-')).toEqual({ offset: 10, limit: null })
    expect(refusal(() => parseRangeHeader('5-1')).code).toBe('PGRST103')
  })
})

describe('any input', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'a',
      'eq',
      'in',
      'is',
      'not',
      'and',
      'or',
      'select',
      'order',
      'limit',
      'null',
      'fts',
      'any',
      'count()',
      'sum()',
      '.',
      ',',
      '(',
      ')',
      '"',
      '\\',
      '->',
      '->>',
      '::',
      ':',
      '!',
      '...',
      '*',
      '{',
      '}',
      '-',
      '%',
      '+',
      '=',
      '&',
      ' ',
      '\u0000',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.integer().map(String),
  )
  const noise = fc.array(word, { maxLength: 24 }).map((words) => words.join(''))
  const encoded = fc.oneof(
    noise,
    noise.map((text) => encodeURIComponent(text.toWellFormed())),
  )
  const key = fc.constantFrom(
    'a',
    'a.b',
    'select',
    'order',
    'or',
    'a.not.and',
    'columns',
    'on_conflict',
    'limit',
    'x.offset',
  )
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS')
  const url = fc
    .tuple(
      fc.constantFrom('t', 'rpc/f', ''),
      fc.array(fc.tuple(fc.oneof(key, encoded), encoded), { maxLength: 4 }),
    )
    .map(([path, parameters]) => `${path}?${parameters.map((pair) => pair.join('=')).join('&')}`)

  test('is parsed or refused with an error of our own', () => {
    fc.assert(
      fc.property(method, url, encoded, fc.boolean(), (verb, address, body, isCsv) => {
        const headers = { 'content-type': isCsv ? 'text/csv' : 'application/json' }
        try {
          parseRequest(toInput({ method: verb, url: address, body, headers }), SETTINGS)
        } catch (error) {
          expect(error).toBeInstanceOf(QueryError)
          expect((error as QueryError).status).toBeLessThan(500)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('a canonical query means the same', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string()), { maxLength: 5 }), (pairs) => {
        const parameters = pairs.map(([name, value]) => ({ key: name, value }))
        if (pairs.flat().some((text) => text.includes('\0'))) return
        const again = parseQueryString(toCanonical(parameters))
        expect(toCanonical(again)).toBe(toCanonical(parameters))
      }),
    )
  })
})
