import { expect, test } from 'vitest'
import { RequestHeaders } from './request-headers.ts'

test('a header reads the same before and after all are read, and one that is absent is null', () => {
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
