import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressGroup, BoundedMap, type Bucket, takeToken } from './limits.ts'

test('in any window no more than burst + rate × time pass, and a caller who waits as told passes', () => {
  const rate = { burst: 5, perHour: 60 }
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 300_000 }), { minLength: 1, maxLength: 200 }), (gaps) => {
      let bucket: Bucket | undefined
      let [now, passed] = [1_000_000, 0]
      const start = now
      for (const gap of gaps) {
        now += gap
        const taken = takeToken(bucket, rate, now)
        bucket = taken.bucket
        if (taken.waitMs === 0) passed += 1
        else expect(takeToken(taken.bucket, rate, now + taken.waitMs).waitMs).toBeLessThanOrEqual(1)
      }
      expect(passed).toBeLessThanOrEqual(rate.burst + ((now - start) * rate.perHour) / 3_600_000 + 1e-6)
    }),
  )
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
])('%s counts as %s', (address, group) => expect(addressGroup(address)).toBe(group))

test('a bounded map forgets what was set longest ago', () => {
  const map = new BoundedMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  map.set('c', 4)
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([3, undefined, 4, 2])
})
