import { expect, test } from 'vitest'
import { isLoopbackAddress, isPublicAddress } from './public-address.ts'

test.each(['1.1.1.1', '93.184.216.34', '172.32.0.1', '2606:4700:4700::1111', '2a00:1450:4001:81b::200e'])(
  '%s is public',
  (address) => expect(isPublicAddress(address)).toBe(true),
)

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '192.168.1.1',
  '198.18.0.1',
  '203.0.113.7',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '::ffff:1.1.1.1',
  '64:ff9b::a00:1',
  '2001:db8::1',
  '2001::1',
  '2002:a00:1::1',
  'fc00::1',
  'fe80::1',
  'ff02::1',
  'localhost',
  '',
  '1.1.1.1.',
])('%s is not', (address) => expect(isPublicAddress(address)).toBe(false))

test('loopback is 127.0.0.0/8 and ::1', () => {
  expect(['127.0.0.1', '127.1.2.3', '::1'].every(isLoopbackAddress)).toBe(true)
  expect(['128.0.0.1', '::2', 'localhost'].some(isLoopbackAddress)).toBe(false)
})
