/**
 * Decides which databases may run and which have to stop: a pure function of what is known and of the time. `scheduler.ts`
 * carries it out.
 */

/** A part of the places that some databases have together: those of an account, or of all accounts of a kind. */
export interface Share {
  /** The same for all databases that have it together. */
  name: string
  /** How many of their servers may run at once. */
  most: number
}

/** A database that has a server, or is about to. */
export interface ServerState {
  phase: 'starting' | 'running' | 'stopping'
  /** Milliseconds of the same clock as `now`. */
  lastUsedAt: number
  /** From then on, in milliseconds of the same clock, a start is given up where others need its place. */
  startDueAt: number
  /** Idle for this long, it is stopped; `Infinity`: only where others need its place. */
  suspendAfterMs: number
  shares: readonly Share[]
}

export interface Waiting {
  id: string
  since: number
  shares: readonly Share[]
}

export interface SchedulingState {
  servers: ReadonlyMap<string, ServerState>
  /** Databases that wait for a place, the longest first. */
  waiting: readonly Waiting[]
}

export interface SchedulingLimits {
  /** Servers at once, those that start and stop included. */
  maxRunning: number
  /** A database that was used more recently is not idle: a client is about to connect to it. */
  quietMs: number
  /** How long a database waits for a place. */
  waitMs: number
  /** How many are put to sleep at once while no database waits for a place. */
  stopsAtOnce: number
}

export interface Stop {
  id: string
  /** It is to be stopped only if it was idle for this long. */
  idleMs: number
  /** Another database waits for its place. */
  forPlace: boolean
  /** The database has part in a share. */
  isShared: boolean
}

export interface Decision {
  admit: string[]
  refuse: string[]
  stop: Stop[]
  /** Databases whose start is given up. */
  giveUp: string[]
  /** When to decide again if nothing happens before. */
  nextAt: number
}

export function decide(
  { servers, waiting }: SchedulingState,
  limits: SchedulingLimits,
  now: number,
): Decision {
  const { admitted, left } = admitWaiting(servers, waiting, limits)
  const refused = left.filter(({ since }) => now - since >= limits.waitMs)
  const staying = left.filter((each) => !refused.includes(each))
  const running = [...servers].filter(([, { phase }]) => phase === 'running')
  const stopping = [...servers.values()].filter(({ phase }) => phase === 'stopping').length

  const needs = needsOf(servers, staying, limits)
  const quiet = running.filter(([, { lastUsedAt }]) => now - lastUsedAt >= limits.quietMs).sort(byEviction)
  const starting = [...servers].filter(([, { phase }]) => phase === 'starting')
  const late = starting.filter(([, { startDueAt }]) => now >= startDueAt).sort(byStart)
  const isEvicted = new Set<string>()
  const isGivenUp = new Set<string>()
  for (const { isFor, count } of needs) {
    const idle = quiet.filter(([id, server]) => !isEvicted.has(id) && isFor(server)).slice(0, count)
    for (const [id] of idle) isEvicted.add(id)
    const others = late.filter(([id, server]) => !isGivenUp.has(id) && isFor(server))
    for (const [id] of others.slice(0, count - idle.length)) isGivenUp.add(id)
  }
  const unused = running
    .filter(([id, each]) => !isEvicted.has(id) && now - each.lastUsedAt >= each.suspendAfterMs)
    .sort(byEviction)
    .slice(0, Math.max(0, limits.stopsAtOnce - stopping - isEvicted.size))
    .map(([id, { suspendAfterMs }]) => ({ id, idleMs: suspendAfterMs, forPlace: false }))
  const evicted = [...isEvicted].map((id) => ({ id, idleMs: limits.quietMs, forPlace: true }))
  const stop = [...evicted, ...unused].map((each) => ({
    ...each,
    isShared: (servers.get(each.id)?.shares.length ?? 0) > 0,
  }))

  const isStopping = new Set(stop.map(({ id }) => id))
  const going = running.filter(([id]) => !isStopping.has(id)).map(([, server]) => server)
  const needed = needs.reduce((sum, { count }) => sum + count, 0)
  const dueTimes = [
    ...going.map((each) => each.lastUsedAt + each.suspendAfterMs),
    // A server whose place is needed is looked at again as soon as it can be idle, or its start can be given up.
    ...(needed > isEvicted.size + isGivenUp.size
      ? [
          ...going.map((each) => each.lastUsedAt + limits.quietMs),
          ...starting.map(([, each]) => each.startDueAt),
        ]
      : []),
    ...left.map(({ since }) => since + limits.waitMs),
  ]
  // What is due already and cannot be done now waits for an event: the end of a stop.
  const nextAt = Math.min(...dueTimes.filter((time) => time > now))
  return {
    admit: admitted.map(({ id }) => id),
    refuse: refused.map(({ id }) => id),
    stop,
    giveUp: [...isGivenUp],
    nextAt,
  }
}

/** Which of the waiting databases get a place now, in the order they came; one whose share is full is passed over. */
function admitWaiting(
  servers: SchedulingState['servers'],
  waiting: SchedulingState['waiting'],
  { maxRunning }: SchedulingLimits,
): { admitted: Waiting[]; left: Waiting[] } {
  const taken = countShares(servers.values())
  const admitted: Waiting[] = []
  const left: Waiting[] = []
  for (const each of waiting) {
    const hasPlace = servers.size + admitted.length < maxRunning
    if (hasPlace && fullShare(each, taken) === undefined) {
      admitted.push(each)
      for (const { name } of each.shares) taken.set(name, (taken.get(name) ?? 0) + 1)
    } else left.push(each)
  }
  return { admitted, left }
}

/** How many servers have to stop beside those that are stopping: first of each full share, then of any. */
function needsOf(
  servers: SchedulingState['servers'],
  waiting: readonly Waiting[],
  { maxRunning }: SchedulingLimits,
): { isFor: (server: ServerState) => boolean; count: number }[] {
  const taken = countShares(servers.values())
  const stopping = [...servers.values()].filter(({ phase }) => phase === 'stopping')
  const inShare = new Map<string, number>()
  let ofAny = Math.max(0, servers.size - maxRunning)
  for (const each of waiting) {
    const full = fullShare(each, taken)
    if (full === undefined) ofAny += 1
    else inShare.set(full, (inShare.get(full) ?? 0) + 1)
  }
  let spent = 0
  const needs = [...inShare].map(([name, count]) => {
    const isFor = ({ shares }: ServerState) => shares.some((share) => share.name === name)
    const going = Math.min(count, stopping.filter(isFor).length)
    spent += going
    return { isFor, count: count - going }
  })
  const going = Math.max(0, stopping.length - spent)
  return [...needs, { isFor: () => true, count: Math.max(0, ofAny - going) }]
}

function countShares(servers: Iterable<ServerState>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { shares } of servers)
    for (const { name } of shares) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

function fullShare({ shares }: Waiting, taken: ReadonlyMap<string, number>): string | undefined {
  return shares.find(({ name, most }) => (taken.get(name) ?? 0) >= most)?.name
}

/** The start whose time was over first comes first. */
function byStart([, a]: [string, ServerState], [, b]: [string, ServerState]): number {
  return a.startDueAt - b.startDueAt
}

/** The longest idle first; those that are to run always, last. */
function byEviction([, a]: [string, ServerState], [, b]: [string, ServerState]): number {
  const [isA, isB] = [
    a.suspendAfterMs === Number.POSITIVE_INFINITY,
    b.suspendAfterMs === Number.POSITIVE_INFINITY,
  ]
  return isA === isB ? a.lastUsedAt - b.lastUsedAt : Number(isA) - Number(isB)
}
