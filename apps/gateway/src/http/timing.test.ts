/** The header Server-Timing. */
import { expect, test } from 'vitest'
import { Timing } from './timing.ts'

test('each step has the time since the one before, and the total comes last', () => {
  let now = 100
  const timing = new Timing(() => now)
  now = 103
  timing.end('auth')
  now = 110
  timing.end('sql')
  now = 111
  expect(String(timing)).toBe('auth;dur=3, sql;dur=7, total;dur=11')
})
