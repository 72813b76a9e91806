/** How many databases have runtimes at once, and whose: no account, and not all anonymous ones together, can keep the others out. */
import type { FunctionAccount } from '@db9/types/functions-part'
import { HostError } from './errors.ts'

export interface Place {
  account: FunctionAccount
  isIdle: boolean
}

interface Bound<T> {
  counts: (place: T) => boolean
  most: number
  message: string
}

/** Which idle places, the first taken first, are given up for one more of `account`. Throws a `HostError` where these are not enough. */
export function placesToGiveUp<T extends Place>(
  taken: readonly T[],
  account: FunctionAccount,
  most: number,
): Set<T> {
  const given = new Set<T>()
  for (const bound of boundsOf(account, most)) {
    const counted = taken.filter((place) => bound.counts(place) && !given.has(place))
    const surplus = counted.length + 1 - bound.most
    if (surplus <= 0) continue
    const idle = counted.filter(({ isIdle }) => isIdle).slice(0, surplus)
    if (idle.length < surplus) throw new HostError('busy', bound.message)
    for (const place of idle) given.add(place)
  }
  return given
}

/** The narrowest first, so that an account gives up its own places before those of others. */
function boundsOf({ id, kind }: FunctionAccount, most: number): Bound<Place>[] {
  const all = { counts: () => true, most, message: 'functions of as many databases run as may at once' }
  if (kind === 'owner') return [all]
  const own = {
    counts: ({ account }: Place) => account.id === id,
    most: Math.max(1, Math.floor(most / 4)),
    message: 'functions of as many databases of this account run as may at once',
  }
  if (kind === 'claimed') return [own, all]
  const anonymous = {
    counts: ({ account }: Place) => account.kind === 'anonymous',
    most: Math.max(1, Math.floor(most / 2)),
    message: 'functions of as many databases of anonymous accounts run as may at once',
  }
  return [own, anonymous, all]
}
