/** How many sessions with one database may be in use at once. */

/** A few sessions carry more than many: each more is one more process for the cores to switch between. */
export const CORE_SIZE = 4
/** The most sessions that the HTTP door holds with one database, of all roles together. */
export const MAX_SIZE = 16
/** Whoever uses a session for longer waits for something else than a core, and counts no more among the few. */
export const SLOW_AFTER_MS = 20

/** From when (ms) somebody gets a session, or its opening, until it is given back or lost. */
export interface Use {
  since: number
}

/**
 * Whether one more session may come into use, given since when the others are, the oldest first: a few that turn over
 * quickly, and beside them those that are slow, so that these hold nobody up.
 */
export function hasRoom(uses: readonly Use[], now: number): boolean {
  if (uses.length >= MAX_SIZE) return false
  const quick = uses.at(-CORE_SIZE)
  return quick === undefined || now - quick.since >= SLOW_AFTER_MS
}
