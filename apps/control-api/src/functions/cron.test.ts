/** When schedules are due. */
import { expect, test } from 'vitest'
import { nextDue, requireCron } from './cron.ts'

const at = (text: string) => new Date(text)

test.each([
  ['*/5 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:05:00Z'],
  ['*/5 * * * *', '2026-01-01T00:04:59.999Z', '2026-01-01T00:05:00Z'],
  ['@hourly', '2026-01-01T00:00:01Z', '2026-01-01T01:00:00Z'],
  ['0 9 * * MON', '2026-01-01T00:00:00Z', '2026-01-05T09:00:00Z'],
  // Both are named: either counts, as in cron.
  ['0 0 13 * FRI', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
  ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
  // A night on which clocks elsewhere change is as any other in UTC.
  ['30 2 * * *', '2026-03-08T02:30:00Z', '2026-03-09T02:30:00Z'],
])('%s is due next after %s at %s', (expression, after, next) => {
  expect(nextDue(expression, at(after))).toEqual(at(next))
})

test.each(['60 * * * *', '* * * *', '* * * * * *', 'x', '', '0 0 31 2 *'])('%j is refused', (expression) => {
  expect(() => requireCron(expression, 0)).toThrow(/cron_schedule: /)
})
