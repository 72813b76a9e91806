/** How many sessions with one database may be in use at once. */

/** A few sessions carry more than many: each more is one more process for the cores to switch between. */
export const CORE_SIZE = 4
/** The most sessions that the HTTP listener holds with one database, of all roles together. */
export const MAX_SIZE = 16
/** A session busy for longer probably waits on I/O or locks, so that it no longer counts against `CORE_SIZE`. */
export const SLOW_AFTER_MS = 20

/** Quick ones may be sent behind one another over one session, up to so many: the server then never waits for the next. */
export const MAX_RUNS = 16
/** No run joins a session whose first run has taken this long already (ms). */
const JOIN_WITHIN_MS = 5

/** How a session is used. */
export interface Use {
  /** From when (ms) somebody has it, or its opening; of several, the one whose turn it is. */
  since: number
  isShared: boolean
  runs: number
}

export function canJoin({ since, isShared, runs }: Use, now: number): boolean {
  return isShared && runs < MAX_RUNS && now - since < JOIN_WITHIN_MS
}

/**
 * Whether one more session may come into use, given since when the others are, the oldest first: a few that turn over
 * quickly, and beside them those that are slow, so that these do not delay the quick ones.
 */
export function hasRoom(uses: readonly Pick<Use, 'since'>[], now: number): boolean {
  if (uses.length >= MAX_SIZE) return false
  const quick = uses.at(-CORE_SIZE)
  return quick === undefined || now - quick.since >= SLOW_AFTER_MS
}
