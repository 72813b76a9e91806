import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CORE_SIZE, hasRoom, MAX_SIZE, SLOW_AFTER_MS } from './concurrency.ts'

/** Callers that all come at once; each uses a session for as long as it says. Gives since when each had one. */
function simulate(durations: readonly number[]): { since: number; until: number }[] {
  const served: { since: number; until: number }[] = []
  const waiting = [...durations]
  for (let now = 0; waiting.length > 0; now++) {
    const inUse = () => served.filter(({ until }) => until > now)
    while (waiting.length > 0 && hasRoom(inUse(), now)) {
      served.push({ since: now, until: now + (waiting.shift() ?? 0) })
    }
  }
  return served
}

const durations = fc.array(fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 200 })), {
  maxLength: 80,
})

test('no more than a few quick sessions are in use at once, and never more than the bound', () => {
  fc.assert(
    fc.property(durations, (asked) => {
      const served = simulate(asked)
      for (const { since: now } of served) {
        const inUse = served.filter(({ since, until }) => since <= now && until > now)
        expect(inUse.length).toBeLessThanOrEqual(MAX_SIZE)
        expect(inUse.filter(({ since }) => now - since < SLOW_AFTER_MS).length).toBeLessThanOrEqual(CORE_SIZE)
      }
    }),
  )
})

test('slow statements hold nobody up for long while there are sessions left', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MAX_SIZE - 1 }), (slow) => {
      const served = simulate([...Array<number>(slow).fill(100_000), 1])
      expect(served.at(-1)?.since).toBeLessThanOrEqual(Math.floor(slow / CORE_SIZE) * SLOW_AFTER_MS)
    }),
  )
})
