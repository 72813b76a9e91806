/** Tests of client networks. */
import { expect, test } from 'vitest'
import { addressIn } from './client-network.ts'

test('a network is an address that can be compared with blocks', () => {
  expect(addressIn('v4:c0a80201')).toBe('192.168.2.1')
  expect(addressIn('v6:20010db800000001')).toBe('2001:0db8:0000:0001::')
})
