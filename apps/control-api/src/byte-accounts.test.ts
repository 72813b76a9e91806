/** What accounts may hold at once. */
import { expect, test } from 'vitest'
import { ByteAccounts, type HeldBytes, quarterOfRest } from './byte-accounts.ts'

/** Takes bytes one by one until they are refused, and keeps what was taken. */
function fill(accounts: ByteAccounts, account: string, most: number): { taken: number; held: HeldBytes[] } {
  const all: HeldBytes[] = []
  for (;;) {
    const held = accounts.open(account, quarterOfRest(most))
    if (!held.take(1)) {
      held.release()
      return { taken: all.length, held: all }
    }
    all.push(held)
  }
}

test('one account may hold a fifth, and each further account less, but never nothing', () => {
  const accounts = new ByteAccounts()
  const taken = Array.from({ length: 10 }, (_, i) => fill(accounts, `account-${i}`, 3_000).taken)
  expect(taken.slice(0, 3)).toEqual([600, 480, 384])
  expect(taken.at(-1)).toBeGreaterThan(0)
  expect(taken.reduce((sum, each) => sum + each)).toBeLessThan(3_000)
})

test('released bytes may be taken again', () => {
  const accounts = new ByteAccounts()
  const { taken, held } = fill(accounts, 'a', 3_000)
  for (const bytes of held) bytes.release()
  expect(fill(accounts, 'b', 3_000).taken).toBe(taken)
})

test('refused bytes count until they are released', () => {
  const accounts = new ByteAccounts()
  const large = accounts.open('a', quarterOfRest(50))
  expect(large.take(11)).toBe(false)
  expect(accounts.open('a', quarterOfRest(50)).take(1)).toBe(false)
  large.release()
  expect(accounts.open('a', quarterOfRest(50)).take(8)).toBe(true)
})
