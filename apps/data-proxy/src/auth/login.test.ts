import { mintSqlCredential } from '@db9/internal-api/sql-credential'
import { makeScramVerifier } from '@db9/postgres/scram/verifier'
import { hmacKey } from '@db9/types/crypto'
import { newId } from '@db9/types/ids'
import { expect, test } from 'vitest'
import { INTERNAL_SECRET } from '../testing/stack.ts'
import { Logins, parseUserName } from './login.ts'
import { DEFAULT_LOGIN_LIMITS } from './login-limits.ts'

const ID = newId('database')
const ADDRESS = '192.0.2.1'

/** Logins of one role `ann` with a password, a clock that is set by hand, and the count of questions asked. */
async function setUp() {
  const state = { now: 1_800_000_000_000, asked: 0, verifier: makeScramVerifier('first') }
  const key = await hmacKey(INTERNAL_SECRET)
  const control = {
    connect: async () => null,
    login: async () => null,
    verifier: async (_: string, { role }: { role: string }) => {
      state.asked++
      return { verifier: role === 'ann' ? state.verifier : null, held: false, credentials: [] }
    },
  }
  const logins = new Logins({
    control,
    internalKey: key,
    internalSecret: INTERNAL_SECRET,
    limits: DEFAULT_LOGIN_LIMITS,
    now: () => state.now,
  })
  return { state, key, logins }
}

test('a password is checked fully once and then remembered for a minute', async () => {
  const { state, logins } = await setUp()
  for (let i = 0; i < 3; i++) {
    expect(await logins.check(`${ID}.ann`, 'first', ADDRESS)).toEqual({
      databaseId: ID,
      role: 'ann',
      isGateway: false,
      credentials: expect.anything(),
    })
  }
  expect(state.asked).toBe(1)
  state.verifier = makeScramVerifier('second')
  state.now += 59_999
  await logins.check(`${ID}.ann`, 'first', ADDRESS)
  state.now += 1
  await expect(logins.check(`${ID}.ann`, 'first', ADDRESS)).rejects.toMatchObject({ code: '28P01' })
})

test('what was refused is not remembered, and nothing that was remembered opens another name', async () => {
  const { state, logins } = await setUp()
  await expect(logins.check(`${ID}.ann`, 'second', ADDRESS)).rejects.toMatchObject({ code: '28P01' })
  state.verifier = makeScramVerifier('second')
  await logins.check(`${ID}.ann`, 'second', ADDRESS)
  await expect(logins.check(`${ID}.bob`, 'second', ADDRESS)).rejects.toMatchObject({ code: '28P01' })
  await expect(logins.check(`${newId('database')}.bob`, 'second', ADDRESS)).rejects.toMatchObject({
    code: '28P01',
  })
})

test('a credential is remembered no longer than it lives', async () => {
  const { state, key, logins } = await setUp()
  const credential = { databaseId: ID, role: 'authenticator', expiresAt: state.now / 1000 + 10 }
  const password = await mintSqlCredential(credential, key)
  expect(await logins.check(`${ID}.authenticator`, password, ADDRESS)).toMatchObject({ isGateway: true })
  state.now += 9_999
  await logins.check(`${ID}.authenticator`, password, ADDRESS)
  state.now += 1
  await expect(logins.check(`${ID}.authenticator`, password, ADDRESS)).rejects.toMatchObject({
    code: '28P01',
  })
  expect(state.asked).toBe(0)
})

test('a forgotten database’s passwords are checked anew', async () => {
  const { state, logins } = await setUp()
  await logins.check(`${ID}.ann`, 'first', ADDRESS)
  logins.forget(newId('database'))
  await logins.check(`${ID}.ann`, 'first', ADDRESS)
  expect(state.asked).toBe(1)
  logins.forget(ID)
  await logins.check(`${ID}.ann`, 'first', ADDRESS)
  expect(state.asked).toBe(2)
})

test('a password that was being checked while it was changed opens nothing after', async () => {
  const { state, logins } = await setUp()
  const early = [1, 2].map(() => logins.check(`${ID}.ann`, 'first', ADDRESS))
  state.verifier = makeScramVerifier('second')
  logins.forget(ID)
  // Asked before the change, and not shared with who comes after it.
  const late = logins.check(`${ID}.ann`, 'second', ADDRESS)
  expect(await Promise.all([...early, late])).toHaveLength(3)
  await expect(logins.check(`${ID}.ann`, 'first', ADDRESS)).rejects.toMatchObject({ code: '28P01' })
  await logins.check(`${ID}.ann`, 'second', ADDRESS)
})

test('a user name is split at its first dot', () => {
  expect(parseUserName(`${ID}.a.b`)).toEqual({ databaseId: ID, role: 'a.b' })
})

test.each([
  '',
  'admin',
  `${ID}`,
  `${ID}.`,
  `.admin`,
  `db_x.admin`,
  `${ID}.${'x'.repeat(64)}`,
  `${ID}.db9_super`,
  `${ID}.admin\0`,
])('%j is no user name', (user) => {
  expect(parseUserName(user)).toBeNull()
})

test('however many log in at once as one role, the database is asked once, and each password is judged', async () => {
  const { state, logins } = await setUp()
  const right = Array.from({ length: 20 }, () => logins.check(`${ID}.ann`, 'first', ADDRESS))
  const wrong = Array.from({ length: 3 }, () =>
    logins.check(`${ID}.ann`, 'wrong', ADDRESS).catch((error) => error.code),
  )
  expect((await Promise.all(right)).every(({ role }) => role === 'ann')).toBe(true)
  expect(await Promise.all(wrong)).toEqual(['28P01', '28P01', '28P01'])
  expect(state.asked).toBe(1)
})
