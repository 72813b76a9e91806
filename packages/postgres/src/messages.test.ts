import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCommandTag, readError, readRow } from './backend.ts'
import { bindAndExecute } from './frontend.ts'
import { MessageReader, MessageTooLarge, message } from './messages.ts'

const messages = fc.array(
  fc.record({
    type: fc.constantFrom('D', 'C', 'Z', 'T', 'E'),
    body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 20 },
)

/** Cuts a buffer at the given places. */
function cut(data: Buffer, places: number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (data.length + 1)).sort((a, b) => a - b), data.length]
  return at.slice(1).map((end, i) => data.subarray(at[i], end))
}

describe('framing', () => {
  test('any chunking gives the same messages', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 40 }), (sent, places) => {
        const reader = new MessageReader(1000)
        const stream = Buffer.concat(sent.map(({ type, body }) => message(type, body)))
        const received = cut(stream, places).flatMap((chunk) => reader.push(chunk))
        expect(received.map(({ type, body }) => [type, body.toString('hex')])).toEqual(
          sent.map(({ type, body }) => [type, body.toString('hex')]),
        )
        expect(reader.takeRest()).toHaveLength(0)
      }),
    )
  })

  test('what follows the last whole message is kept, and given once', () => {
    const reader = new MessageReader(1000)
    const half = message('D', Buffer.alloc(100)).subarray(0, 50)
    expect(reader.push(Buffer.concat([message('Z', 'I'), half]))).toHaveLength(1)
    expect(reader.takeRest()).toEqual(half)
    expect(reader.takeRest()).toHaveLength(0)
  })

  test('a message over the limit is refused at its header, before its body comes', () => {
    const header = message('D', Buffer.alloc(1001)).subarray(0, 5)
    expect(() => new MessageReader(1000).push(header)).toThrow(MessageTooLarge)
    expect(() => new MessageReader(1000).push(Buffer.from([0x44, 0xff, 0xff, 0xff, 0xff]))).toThrow(
      MessageTooLarge,
    )
  })
})

test('a Bind carries every value as it was, in bytes of UTF-8', () => {
  const value = fc.option(fc.string({ unit: 'binary', maxLength: 50 }))
  fc.assert(
    fc.property(fc.array(value, { maxLength: 20 }), (params) => {
      const [bind, execute, ...more] = new MessageReader(100_000).push(bindAndExecute('db9_7', params))
      expect([bind?.type, execute?.type, more]).toEqual(['B', 'E', []])
      // Portal, name and formats come before the values, which have the layout of a row.
      const body = bind?.body ?? Buffer.alloc(0)
      expect(body.toString('latin1', 0, 7)).toBe('\0db9_7\0')
      const bytes = params.map((param) => (param === null ? null : Buffer.from(param).toString()))
      expect(readRow(body.subarray(9, -2))).toEqual(bytes)
    }),
  )
})

test.each([
  ['INSERT 0 3', 'INSERT', 3],
  ['SELECT 12', 'SELECT', 12],
  ['CREATE TABLE', 'CREATE', null],
  ['REFRESH MATERIALIZED VIEW', 'REFRESH', null],
  ['BEGIN', 'BEGIN', null],
  ['MERGE 0', 'MERGE', 0],
  ['', '', null],
])('the tag %j is the command %j with the count %j', (tag, command, rowCount) => {
  expect(readCommandTag(tag)).toEqual({ command, rowCount })
})

test('error fields are read by their letters', () => {
  expect(readError(Buffer.from('SERROR\0C42P01\0Mrelation "ä" is missing\0\0'))).toEqual({
    S: 'ERROR',
    C: '42P01',
    M: 'relation "ä" is missing',
  })
})
