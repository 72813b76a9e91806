/** Decides when a key set is fetched again. Pure: the clock is passed in. Times are in milliseconds. */
import type { PublicJwk } from './jwks.ts'

export interface JwksState {
  keys: PublicJwk[] | null
  /** When the keys were fetched. */
  fetchedAt: number
  /** When the last fetch began. */
  triedAt: number
  /** Fetches that failed since the last success. */
  failures: number
  /** Why the last one failed. */
  error: string | null
}

export const NO_KEYS: JwksState = { keys: null, fetchedAt: 0, triedAt: 0, failures: 0, error: null }

const OBJECT_FRESH_MS = 5 * 60_000
/** How long the keys of a provider that does not answer stay in use. */
const OBJECT_STALE_MS = 60 * 60_000
const UNKNOWN_KID_MS = 30_000
const FIRST_BACKOFF_MS = 5_000
const LONGEST_BACKOFF_MS = 10 * 60_000

/** `serve` the known keys, `refresh` them in the background too, `fetch` first, or `fail` with the last error. */
export type JwksStep = 'serve' | 'refresh' | 'fetch' | 'fail'

/** `kid` is one that the isolate did not find in its own set; null where it looks for none. */
export function nextStep(state: JwksState, kid: string | null, now: number): JwksStep {
  const mayTry = state.failures === 0 || now >= state.triedAt + backoffMs(state.failures)
  if (!state.keys || now - state.fetchedAt > OBJECT_STALE_MS) return mayTry ? 'fetch' : 'fail'
  if (kid !== null && !state.keys.some((key) => key.kid === kid)) {
    return now - state.triedAt >= UNKNOWN_KID_MS ? 'fetch' : 'serve'
  }
  return now - state.fetchedAt > OBJECT_FRESH_MS && mayTry ? 'refresh' : 'serve'
}

export function fetched(keys: PublicJwk[], now: number): JwksState {
  return { keys, fetchedAt: now, triedAt: now, failures: 0, error: null }
}

export function fetchFailed(state: JwksState, error: string, now: number): JwksState {
  return { ...state, triedAt: now, failures: state.failures + 1, error }
}

function backoffMs(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 10), LONGEST_BACKOFF_MS)
}
