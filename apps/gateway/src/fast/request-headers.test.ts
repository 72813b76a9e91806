/** The lookups of a request's headers, beside the runtime's Headers. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestHeaders } from './request-headers.ts'

test('a header has the same value before and after all are read, and an absent one is null', () => {
  const headers = new RequestHeaders(new Headers({ Accept: 'text/csv', Origin: 'https://a.example' }))
  const look = () => [
    headers.get('accept'),
    headers.has('origin'),
    headers.get('range'),
    headers.has('range'),
  ]
  const before = look()
  expect([...headers]).toEqual([
    ['accept', 'text/csv'],
    ['origin', 'https://a.example'],
  ])
  expect([before, look()]).toEqual(Array(2).fill(['text/csv', true, null, false]))
})

test('the same header is not looked up twice', () => {
  let looks = 0
  const source = { get: () => `look ${++looks}`, forEach: () => undefined }
  const headers = new RequestHeaders(source)
  expect([headers.get('a'), headers.get('a'), headers.has('a'), looks]).toEqual(['look 1', 'look 1', true, 1])
})

test('headers read the same as from Headers itself, in whatever order they are looked up', () => {
  const name = fc.constantFrom('accept', 'Accept', 'origin', 'range', 'x-own', 'prefer')
  const sent = fc.array(fc.tuple(name, fc.constantFrom('a', 'b, c', '')), { maxLength: 8 })
  const lookups = fc.array(fc.constantFrom('accept', 'origin', 'range', 'x-own', 'prefer', '*'), {
    maxLength: 12,
  })
  fc.assert(
    fc.property(sent, lookups, (pairs, looks) => {
      const slow = new Headers(pairs)
      const fast = new RequestHeaders(slow)
      for (const look of looks) {
        if (look === '*') expect([...fast]).toEqual([...slow])
        else expect([fast.get(look), fast.has(look)]).toEqual([slow.get(look), slow.has(look)])
      }
    }),
  )
})
