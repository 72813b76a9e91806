import { describe, expect, test } from 'vitest'
import { readResponse } from './http-response.ts'

const bytes = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'))

describe('readResponse', () => {
  test('ends a response by its length, its chunks or its status', () => {
    const plain = bytes('HTTP/1.1 200 OK\nContent-Length: 2\n\nhi')
    expect(readResponse(plain, 0)).toMatchObject({ status: 200, end: plain.length, closes: false })
    const chunked = bytes('HTTP/1.1 200 OK\ntransfer-encoding: chunked\n\n3\nabc\na\n0123456789\n0\n\n')
    expect(readResponse(chunked, 0)).toMatchObject({ status: 200, end: chunked.length })
    const empty = bytes('HTTP/1.1 204 No Content\nconnection: close\n\n')
    expect(readResponse(empty, 0)).toMatchObject({ status: 204, end: empty.length, closes: true })
  })

  test('asks for more at every prefix of a response, and never reads past its end', () => {
    for (const text of [
      'HTTP/1.1 200 OK\ncontent-length: 5\n\nhello',
      'HTTP/1.1 403 Forbidden\ntransfer-encoding: chunked\n\n5\nhello\n0\n\n',
    ]) {
      const whole = bytes(text)
      for (let length = 0; length < whole.length; length++) {
        expect(readResponse(whole.subarray(0, length), 0)).toBeNull()
      }
      expect(readResponse(Buffer.concat([whole, whole]), 0)?.end).toBe(whole.length)
      expect(readResponse(Buffer.concat([whole, whole]), whole.length)?.end).toBe(whole.length * 2)
    }
  })
})
