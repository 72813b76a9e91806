/** What accounts may hold at once. */
import { expect, test } from 'vitest'
import { ByteAccounts, type Share, sharesOf } from './byte-accounts.ts'

/** Takes bytes one by one until they are refused, and keeps what was taken. */
function fill(accounts: ByteAccounts, account: string, most: number): { taken: number; shares: Share[] } {
  const shares: Share[] = []
  for (;;) {
    const share = accounts.open(account, sharesOf(most))
    if (!share.take(1)) {
      share.close()
      return { taken: shares.length, shares }
    }
    shares.push(share)
  }
}

test('an account alone holds a fifth, and each one after it less, but something', () => {
  const accounts = new ByteAccounts()
  const taken = Array.from({ length: 10 }, (_, i) => fill(accounts, `account-${i}`, 3_000).taken)
  expect(taken.slice(0, 3)).toEqual([600, 480, 384])
  expect(taken.at(-1)).toBeGreaterThan(0)
  expect(taken.reduce((sum, each) => sum + each)).toBeLessThan(3_000)
})

test('what was closed may be taken again', () => {
  const accounts = new ByteAccounts()
  const { taken, shares } = fill(accounts, 'a', 3_000)
  for (const share of shares) share.close()
  expect(fill(accounts, 'b', 3_000).taken).toBe(taken)
})

test('what was refused counts until its share is closed', () => {
  const accounts = new ByteAccounts()
  const large = accounts.open('a', sharesOf(50))
  expect(large.take(11)).toBe(false)
  expect(accounts.open('a', sharesOf(50)).take(1)).toBe(false)
  large.close()
  expect(accounts.open('a', sharesOf(50)).take(8)).toBe(true)
})
