import { cancelRequest, startup } from '@db9/postgres/frontend'
import { cstring, int32, message } from '@db9/postgres/messages'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProxyError } from '../errors.ts'
import { readFirstPacket } from './startup.ts'

test('a startup packet gives its parameters, and is waited for until it is whole', () => {
  const packet = startup({ user: 'db_x.admin', database: 'shop', options: '-c a=b\\ c' })
  for (let length = 0; length < packet.length; length++) {
    expect(readFirstPacket(packet.subarray(0, length))).toBeNull()
  }
  expect(readFirstPacket(Buffer.concat([packet, Buffer.from('rest')]))).toEqual({
    packet: {
      kind: 'startup',
      parameters: { user: 'db_x.admin', database: 'shop', options: '-c a=b\\ c' },
      negotiate: null,
    },
    length: packet.length,
  })
})

test('a newer minor version and unknown protocol options are negotiated, not refused', () => {
  const pairs = ['user', 'u', '_pq_.new_thing', '1'].map(cstring)
  const read = readFirstPacket(message('', int32(196_610), ...pairs, '\0'))
  expect(read?.packet).toEqual({
    kind: 'startup',
    parameters: { user: 'u' },
    negotiate: message('v', int32(196_608), int32(1), cstring('_pq_.new_thing')),
  })
})

test('requests for encryption and for a cancel are told apart', () => {
  expect(readFirstPacket(message('', int32(80_877_103)))?.packet).toEqual({ kind: 'ssl' })
  expect(readFirstPacket(message('', int32(80_877_104)))?.packet).toEqual({ kind: 'gss' })
  const secret = Buffer.from([1, 2, 3, 4])
  expect(readFirstPacket(cancelRequest(42, secret))?.packet).toEqual({
    kind: 'cancel',
    processId: 42,
    secret,
  })
})

test.each([
  ['a length below its own', Buffer.from([0, 0, 0, 7, 0, 3, 0, 0])],
  ['10 KB and a byte', Buffer.concat([int32(10_001), int32(196_608)])],
  ['protocol 2', message('', int32(131_072), 'user\0')],
  ['a name without its value', message('', int32(196_608), 'user\0')],
  ['a name without its end', message('', int32(196_608), 'user')],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
])('%s is refused', (_, packet) => {
  expect(() => readFirstPacket(packet)).toThrow(ProxyError)
})

test('whatever comes is a packet, an incomplete one, or a refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, isFramed) => {
      const data = isFramed ? message('', int32(196_608), Buffer.from(bytes)) : Buffer.from(bytes)
      try {
        readFirstPacket(data)
      } catch (error) {
        expect(error).toBeInstanceOf(ProxyError)
      }
    }),
  )
})
