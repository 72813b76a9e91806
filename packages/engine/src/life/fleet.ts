/**
 * Who may run and who has to stop, as a function of what is known and of the time: nothing here waits or acts.
 * `keeper.ts` does what is decided.
 */

/** A database that has a server, or is about to. */
export interface Resident {
  phase: 'starting' | 'running' | 'stopping'
  /** Milliseconds of the same clock as `now`. */
  lastUsedAt: number
  /** Idle for this long, it is stopped; `Infinity`: only where others need its place. */
  suspendAfterMs: number
}

export interface Waiting {
  id: string
  since: number
}

export interface Fleet {
  residents: ReadonlyMap<string, Resident>
  /** Who waits for a place, the longest first. */
  waiting: readonly Waiting[]
}

export interface FleetLimits {
  /** Servers at once, those that start and stop included. */
  maxRunning: number
  /** What was used more recently is not idle: somebody is on the way to it. */
  quietMs: number
  /** How long one waits for a place. */
  waitMs: number
  /** How many are put to sleep at once while nobody waits for a place. */
  stopsAtOnce: number
}

export interface Stop {
  id: string
  /** It is to be stopped only if it was idle for this long. */
  idleMs: number
}

export interface Decision {
  admit: string[]
  refuse: string[]
  stop: Stop[]
  /** When to decide again if nothing happens before. */
  nextAt: number
}

export function decide({ residents, waiting }: Fleet, limits: FleetLimits, now: number): Decision {
  const places = Math.max(0, limits.maxRunning - residents.size)
  const admit = waiting.slice(0, places).map(({ id }) => id)
  const turnedAway = waiting.slice(places).filter(({ since }) => now - since >= limits.waitMs)
  const left = waiting.length - admit.length - turnedAway.length

  const running = [...residents].filter(([, { phase }]) => phase === 'running')
  const underway = [...residents.values()].filter(({ phase }) => phase === 'stopping').length
  const needed = left + Math.max(0, residents.size - limits.maxRunning) - underway
  const evicted = running
    .filter(([, { lastUsedAt }]) => now - lastUsedAt >= limits.quietMs)
    .sort(byEviction)
    .slice(0, Math.max(0, needed))
    .map(([id]) => ({ id, idleMs: limits.quietMs }))
  const isEvicted = new Set(evicted.map(({ id }) => id))
  const tired = running
    .filter(([id, each]) => !isEvicted.has(id) && now - each.lastUsedAt >= each.suspendAfterMs)
    .sort(byEviction)
    .slice(0, Math.max(0, limits.stopsAtOnce - underway - evicted.length))
    .map(([id, { suspendAfterMs }]) => ({ id, idleMs: suspendAfterMs }))
  const stop = [...evicted, ...tired]

  const isStopping = new Set(stop.map(({ id }) => id))
  const staying = running.filter(([id]) => !isStopping.has(id)).map(([, resident]) => resident)
  const dueTimes = [
    ...staying.map((each) => each.lastUsedAt + each.suspendAfterMs),
    // Whoever is in somebody's way is looked at again as soon as it can be idle.
    ...(needed > evicted.length ? staying.map((each) => each.lastUsedAt + limits.quietMs) : []),
    ...waiting.slice(places).map(({ since }) => since + limits.waitMs),
  ]
  // What is due already and could not be done now waits for an event, the end of a stop.
  const nextAt = Math.min(...dueTimes.filter((time) => time > now))
  return { admit, refuse: turnedAway.map(({ id }) => id), stop, nextAt }
}

/** The longest idle first; those that are to run always, last. */
function byEviction([, a]: [string, Resident], [, b]: [string, Resident]): number {
  const [isA, isB] = [
    a.suspendAfterMs === Number.POSITIVE_INFINITY,
    b.suspendAfterMs === Number.POSITIVE_INFINITY,
  ]
  return isA === isB ? a.lastUsedAt - b.lastUsedAt : Number(isA) - Number(isB)
}
