import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Attempt, LoginLimiter, type LoginLimits } from './login-limits.ts'

const LIMITS: LoginLimits = {
  perAddress: { burst: 3, perHour: 60, underWay: 2 },
  perDatabase: { burst: 5, perHour: 60, underWay: 3 },
}
const MINUTE_MS = 60_000

function setUp() {
  const state = { now: 0 }
  const logins = new LoginLimiter(LIMITS, () => state.now)
  const fail = (attempt: Attempt) => logins.begin(attempt).end('failed')
  const admit = (attempt: Attempt) => logins.begin(attempt).end('unjudged')
  return { state, logins, fail, admit }
}

test('an address whose logins failed too often waits, as long as it is told, and others do not', () => {
  const { state, fail, admit } = setUp()
  const stranger = { address: '192.0.2.1', databaseId: null }
  for (let i = 0; i < 3; i++) fail(stranger)
  expect(() => admit(stranger)).toThrow('too many logins failed from this address; try again in 60 s')
  expect(() => admit({ ...stranger, databaseId: 'db_other' })).toThrow('too many logins failed')
  admit({ address: '192.0.2.2', databaseId: null })
  state.now += MINUTE_MS
  fail(stranger)
  expect(() => admit(stranger)).toThrow('too many logins failed')
})

test('many addresses together fail no more often at one database, and an address that logged in to it is not kept away', () => {
  const { logins, fail, admit } = setUp()
  const owner = { address: '198.51.100.1', databaseId: 'db_1' }
  logins.begin(owner).end('succeeded')
  for (let i = 0; i < 5; i++) fail({ address: `192.0.2.${i}`, databaseId: 'db_1' })
  expect(() => admit({ address: '192.0.2.9', databaseId: 'db_1' })).toThrow('for this database')
  admit({ address: '192.0.2.9', databaseId: 'db_2' })
  admit(owner)
  for (let i = 0; i < 3; i++) fail(owner)
  expect(() => admit(owner)).toThrow('from this address')
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

const OF_DATABASE = { address: '192.0.2.1', databaseId: 'db_1' }

test('an address has no more logins under way than its limit, and gets a place back with each that ends', () => {
  const { logins } = setUp()
  const [first] = [logins.begin(OF_DATABASE), logins.begin({ ...OF_DATABASE, databaseId: null })]
  const tooMany = 'too many logins are under way from this address; try again'
  expect(() => logins.begin(OF_DATABASE)).toThrow(tooMany)
  expect(() => logins.begin({ ...OF_DATABASE, databaseId: 'db_2' })).toThrow(tooMany)
  logins.begin({ ...OF_DATABASE, address: '192.0.2.2' })
  first.end('unjudged')
  // It has one place to give back.
  first.end('unjudged')
  logins.begin(OF_DATABASE)
  expect(() => logins.begin(OF_DATABASE)).toThrow(tooMany)
})

test('a database has no more logins under way than its limit, beside those of addresses that logged in to it', () => {
  const { logins } = setUp()
  const owner = { address: '198.51.100.1', databaseId: 'db_1' }
  logins.begin(owner).end('succeeded')
  for (let i = 0; i < 3; i++) logins.begin({ address: `192.0.2.${i}`, databaseId: 'db_1' })
  expect(() => logins.begin({ address: '192.0.2.9', databaseId: 'db_1' })).toThrow('for this database')
  logins.begin({ address: '192.0.2.9', databaseId: 'db_2' })
  logins.begin(owner)
  logins.begin(owner)
  expect(() => logins.begin(owner)).toThrow('from this address')
})

test('a login counts by its first outcome', () => {
  const { logins, admit } = setUp()
  for (let i = 0; i < 5; i++) {
    const login = logins.begin(OF_DATABASE)
    login.end('succeeded')
    login.end('failed')
  }
  admit(OF_DATABASE)
})

test('a place of an address that became known meanwhile is given back where it was taken', () => {
  const { logins } = setUp()
  const [first, second] = [logins.begin(OF_DATABASE), logins.begin(OF_DATABASE)]
  first.end('succeeded')
  second.end('succeeded')
  const stranger = { ...OF_DATABASE, databaseId: 'db_2' }
  logins.begin(stranger)
  logins.begin(stranger)
  expect(() => logins.begin(stranger)).toThrow('under way')
})
