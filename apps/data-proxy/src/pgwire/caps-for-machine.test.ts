import { expect, test } from 'vitest'
import { capsFor } from './caps-for-machine.ts'

test.each([
  ['a machine with room', 65_536, { total: 16_384, perAddress: 2_000, pendingPerAddress: 1_000 }],
  ['the limit of an ordinary user', 1_024, { total: 256, perAddress: 128, pendingPerAddress: 128 }],
  ['a limit that is too low for anything', 2, { total: 1, perAddress: 1, pendingPerAddress: 1 }],
])('the wire protocol on %s', (_, openFiles, caps) => {
  expect(capsFor({ openFiles, connectionsPerClient: 2_000 })).toEqual(caps)
})

test('no client has more than is configured', () => {
  expect(capsFor({ openFiles: 65_536, connectionsPerClient: 10 }).perAddress).toBe(10)
})
