import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCatalog } from './catalog/parse-catalog.ts'
import { QueryError } from './errors.ts'
import { mainStatement } from './sql/statement.ts'
import { namesOf, requestOf } from './testing/random.ts'
import { planOf, type TestRequest } from './testing/requests.ts'

const catalog = parseCatalog(
  readFileSync(new URL('testing/corpus/catalog.json.txt', import.meta.url), 'utf8'),
)

const sqlOf = (request: TestRequest) => mainStatement(planOf(request, catalog), 'v')

describe('SQL text', () => {
  test('of random requests holds no byte of theirs outside quoted identifiers, and is the same when printed again', () => {
    const marker = 'zqmarkerqz'
    const names = namesOf(catalog, 'public')
    let planned = 0
    fc.assert(
      fc.property(requestOf(names, marker), (request) => {
        try {
          const { text } = sqlOf(request)
          planned += 1
          expect(text.replace(/"(?:[^"]|"")*"/g, '')).not.toContain(marker)
          expect(sqlOf(request).text).toBe(text)
        } catch (error) {
          if (!(error instanceof QueryError)) throw error
        }
      }),
      { numRuns: 2000 },
    )
    // A generator whose requests were all refused would prove nothing.
    expect(planned).toBeGreaterThan(200)
  })

  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom("'; drop table todos; --", '$1', '{"a"}', '"'),
  )
  const encode = (text: string) => encodeURIComponent(text.toWellFormed().replaceAll('\0', ''))

  test('is the same for the same shape, whatever the values', () => {
    fc.assert(
      fc.property(value, value, fc.array(value, { maxLength: 5 }), fc.nat(), (a, b, items, limit) => {
        const list = items.map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`).join(',')
        const shape = (x: string, y: string, z: string, n: number): TestRequest => ({
          url: `todos?select=id,users(name)&title=eq.${encode(x)}&data->>k=like.${encode(y)}&title=in.(${encode(z)})&limit=${n}`,
        })
        const one = sqlOf(shape(a, b, list, limit))
        expect(one.text).toBe(sqlOf(shape('x', 'y', 'z', 1)).text)
        expect(sqlOf(shape(a, b, list, limit))).toEqual(one)
      }),
    )
  })

  test('holds no byte of the input outside quoted identifiers', () => {
    const marker = 'zqmarkerqz'
    const places = [
      `todos?title=eq.${marker}`,
      `todos?data->${marker}->>${marker}=eq.1`,
      `todos?select=${marker}:id,users(name)&users.name=in.(${marker})`,
      `todos?select=data->>${marker}`,
      `todos?title=fts(${marker}).${marker}`,
      `todos?or=(title.like.*${marker}*,data->>${marker}.isdistinct.${marker})`,
      `todos?order=data->${marker}`,
      `rpc/todos_of?owner=${marker}`,
    ]
    for (const url of places) {
      const outside = sqlOf({ url }).text.replace(/"(?:[^"]|"")*"/g, '')
      expect(outside, url).not.toContain(marker)
    }
    expect(() => sqlOf({ url: `todos?select=id::${marker}` })).toThrow(`type "${marker}" does not exist`)
    const body = JSON.stringify({ title: marker, data: { [marker]: marker } })
    expect(sqlOf({ method: 'POST', url: 'todos', body }).text).not.toContain(marker)
    expect(sqlOf({ method: 'PATCH', url: `todos?title=eq.${marker}`, body }).text).not.toContain(marker)
  })

  test('quotes names that try to leave their quotes', () => {
    const { text } = sqlOf({ url: `todos?select=${encodeURIComponent('"a\\"; drop table todos; --"')}:id` })
    expect(text).toContain('AS "a""; drop table todos; --"')
  })
})

test('planning throws nothing but its own error', () => {
  const name = fc.oneof(
    fc.constantFrom('todos', 'users', 'id', 'name', 'constructor', '__proto__', 'toString'),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(name, name, name, (table, column, embed) => {
      const part = (text: string) => encodeURIComponent(text.toWellFormed())
      const url = `${part(table)}?select=${part(column)},${part(embed)}(*)&${part(column)}=eq.1&order=${part(column)}`
      try {
        planOf({ url }, catalog)
      } catch (error) {
        expect(error).toBeInstanceOf(QueryError)
      }
    }),
  )
})
