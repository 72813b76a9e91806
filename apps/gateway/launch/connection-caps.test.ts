/** How many connections a machine lets clients of the gateway have. */
import { expect, test } from 'vitest'
import { gatewayCaps } from './connection-caps.ts'

test.each([
  ['a machine with room', 65_536, { perClient: 2_000, comfortable: 9_753, total: 14_630 }],
  ['the limit of an ordinary user', 1_024, { perClient: 38, comfortable: 76, total: 115 }],
  ['a limit that is too low for anything', 64, { perClient: 5, comfortable: 9, total: 14 }],
])('the gateway on %s', (_, openFiles, caps) => {
  expect(gatewayCaps({ openFiles, connectionsPerClient: 2_000 })).toEqual(caps)
})

test('no client has more than is configured', () => {
  const room = { openFiles: 65_536, connectionsPerClient: 10 }
  expect(gatewayCaps(room).perClient).toBe(10)
})
