/** For how long a database counts as in use by clients that only wait. */
import { expect, test } from 'vitest'
import { idleLimitsFor } from './idle-limits.ts'

test('without part in a share, idle transactions keep a database awake, and listeners as they do for all', () => {
  for (const forPlace of [true, false])
    expect(idleLimitsFor({ isShared: false, forPlace })).toEqual({ transactionMs: Number.POSITIVE_INFINITY })
})

test('with part in a share, they do so for minutes, and for seconds where others wait', () => {
  expect(idleLimitsFor({ isShared: true, forPlace: false })).toEqual({ transactionMs: 300_000 })
  expect(idleLimitsFor({ isShared: true, forPlace: true })).toEqual({ transactionMs: 5_000, listenMs: 5_000 })
})
