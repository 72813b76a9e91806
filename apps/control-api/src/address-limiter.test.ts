import { expect, test } from 'vitest'
import { createAddressLimiter } from './address-limiter.ts'

test('one address cannot use up the limit of others, and all addresses stay under the overall limit', () => {
  const limiter = createAddressLimiter({
    perAddress: { burst: 2, perHour: 1 },
    overall: { burst: 3, perHour: 1 },
  })
  expect([1, 2, 3].map(() => limiter.take('2001:db8::1', 0))).toEqual([0, 0, 3_600_000])
  expect(limiter.take('2001:db8::2', 0)).toBeGreaterThan(0)
  expect(limiter.take('192.0.2.1', 0)).toBe(0)
  expect(limiter.take('192.0.2.2', 0)).toBeGreaterThan(0)
  expect(limiter.take('192.0.2.2', 3_600_000)).toBe(0)
})
