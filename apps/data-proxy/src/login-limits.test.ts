import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Attempt, FailedLogins, type LoginLimits } from './login-limits.ts'

const LIMITS: LoginLimits = {
  perAddress: { burst: 3, perHour: 60 },
  perDatabase: { burst: 5, perHour: 60 },
}
const MINUTE_MS = 60_000

function setUp() {
  const state = { now: 0 }
  const logins = new FailedLogins(LIMITS, () => state.now)
  const fail = (attempt: Attempt) => {
    logins.admit(attempt)
    logins.failed(attempt)
  }
  return { state, logins, fail }
}

test('an address whose logins failed too often waits, as long as it is told, and others do not', () => {
  const { state, logins, fail } = setUp()
  const stranger = { address: '192.0.2.1', databaseId: null }
  for (let i = 0; i < 3; i++) fail(stranger)
  expect(() => logins.admit(stranger)).toThrow('too many logins failed from this address; try again in 60 s')
  expect(() => logins.admit({ ...stranger, databaseId: 'db_other' })).toThrow('too many logins failed')
  logins.admit({ address: '192.0.2.2', databaseId: null })
  state.now += MINUTE_MS
  fail(stranger)
  expect(() => logins.admit(stranger)).toThrow('too many logins failed')
})

test('many addresses together fail no more often at one database, and an address that logged in to it is not kept away', () => {
  const { logins, fail } = setUp()
  const owner = { address: '198.51.100.1', databaseId: 'db_1' }
  logins.succeeded(owner)
  for (let i = 0; i < 5; i++) fail({ address: `192.0.2.${i}`, databaseId: 'db_1' })
  expect(() => logins.admit({ address: '192.0.2.9', databaseId: 'db_1' })).toThrow('for this database')
  logins.admit({ address: '192.0.2.9', databaseId: 'db_2' })
  logins.admit(owner)
  for (let i = 0; i < 3; i++) fail(owner)
  expect(() => logins.admit(owner)).toThrow('from this address')
})

test('in any time no more logins fail than the limit of their address allows', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 3 * MINUTE_MS }), { minLength: 1, maxLength: 100 }), (gaps) => {
      const { state, fail } = setUp()
      let failed = 0
      for (const gap of gaps) {
        state.now += gap
        try {
          fail({ address: '2001:db8::1', databaseId: null })
          failed++
        } catch {
          // Refused before it was judged.
        }
      }
      expect(failed).toBeLessThanOrEqual(3 + state.now / MINUTE_MS)
    }),
  )
})
