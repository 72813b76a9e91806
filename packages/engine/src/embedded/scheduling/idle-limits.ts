/** For how long a database counts as in use by clients that only wait: less, where it has part in a share. */
import type { Stop } from './policy.ts'

/** The usual end of an idle transaction of a database with part in a share: a session may set less. */
export const IDLE_TRANSACTION_MS = 5 * 60_000
/** Where another one waits for its place: less than that one waits, and more than a client takes between two statements. */
const GIVE_WAY_MS = 5_000

export interface IdleLimits {
  /** A transaction in which nothing was said for so long is not in use. */
  transactionMs: number
  /** Where its place is wanted, a client that has only listened for so long; left out: as it is for all. */
  listenMs?: number
}

/** A session may set that its transactions never end: they keep the database awake no longer for that. */
export function idleLimitsFor({ isShared, forPlace }: Pick<Stop, 'isShared' | 'forPlace'>): IdleLimits {
  if (!isShared) return { transactionMs: Number.POSITIVE_INFINITY }
  return forPlace
    ? { transactionMs: GIVE_WAY_MS, listenMs: GIVE_WAY_MS }
    : { transactionMs: IDLE_TRANSACTION_MS }
}
