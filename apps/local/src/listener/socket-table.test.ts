/** Tests of how the kernel's tables of sockets are read. */
import { expect, test } from 'vitest'
import { addressIn, type ClientNetwork, countConnections } from './socket-table.ts'

// Lines as a kernel printed them; 18777 is 4959 in hexadecimal.
const HEADING =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const row = (local: string, remote: string, state: string) =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 21105 1 0000000000000000 100 0 0 10 0`
const table = (...rows: string[]) => Buffer.from(`${[HEADING, ...rows].join('\n')}\n`)
const count = (text: Buffer, port = 18_777) => {
  const counts = new Map<ClientNetwork, number>()
  countConnections(text, port, counts)
  return Object.fromEntries(counts)
}

test('counts the connections of the port by IPv4 address', () => {
  const text = table(
    row('0100007F:4959', '0200007F:C350', '01'),
    row('0100007F:4959', '0200007F:C351', '08'),
    row('0100007F:4959', '0102A8C0:C352', '01'),
    row('0100007F:4958', '0200007F:C353', '01'),
  )
  expect(count(text)).toEqual({ 'v4:7f000002': 2, 'v4:c0a80201': 1 })
})

test('counts neither the listening socket nor connections that the process has closed', () => {
  const text = table(row('0100007F:4959', '00000000:0000', '0A'), row('0100007F:4959', '0200007F:C350', '06'))
  expect(count(text)).toEqual({})
})

test('counts IPv6 addresses by their first half, and mapped IPv4 addresses as such', () => {
  const local = '00000000000000000000000001000000:4959'
  const text = table(
    row(local, 'B80D0120000000010000000001000000:C350', '01'),
    row(local, 'B80D0120000000010000000002000000:C351', '01'),
    row(local, '0000000000000000FFFF00000200007F:C352', '01'),
  )
  expect(count(text)).toEqual({ 'v6:20010db801000000': 2, 'v4:7f000002': 1 })
})

test('reads an empty table, and one that is cut', () => {
  expect(count(Buffer.alloc(0))).toEqual({})
  expect(count(table())).toEqual({})
  expect(count(table(row('0100007F:4959', '0200007F:C350', '01')).subarray(0, 120))).toEqual({})
})

test('a network is an address that can be compared with blocks', () => {
  expect(addressIn('v4:c0a80201')).toBe('192.168.2.1')
  expect(addressIn('v6:20010db800000001')).toBe('2001:0db8:0000:0001::')
})
