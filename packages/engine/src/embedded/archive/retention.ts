/** Decides which bases and WAL of an archive are still needed, and when a new base is due: pure functions. */
import type { WalSegment } from '../copies/wal-files.ts'

/** A state that every later moment can be reached from, by the WAL from `startsAt` on. */
export interface Base {
  name: string
  /** The first moment that can be reached from it. */
  from: Date
  /** Null: all WAL there is. */
  startsAt: WalSegment | null
  /** What it takes of the disk. */
  bytes: number
}

export interface ArchiveState {
  /** The oldest first. */
  bases: readonly Base[]
  /** The segments of the archive, the oldest first. */
  segments: readonly { name: string; segment: WalSegment }[]
  /** Of the newest base, or of the data now. */
  dataBytes: number
}

export interface RetentionRules {
  /** Every moment of this long ago until now can be restored. */
  windowMs: number
  segmentBytes: number
  /** Less WAL than this is replayed faster than a base is worth. */
  leastWalBytes: number
  /** What bases and WAL may take together; null: any. */
  limitBytes: number | null
}

export interface RetentionDecision {
  isBaseDue: boolean
  /** More goes than what is older than the window, since there is a limit. */
  isCut: boolean
  removeBases: string[]
  removeSegments: string[]
}

/**
 * What is no longer needed so that every moment of the window can be restored, and whether a new base is due: after as
 * much WAL as there is data, so that copies and WAL take about the same room and a restore never replays more; and
 * twice in a window, so that what is older can go. Over the limit the window is cut: the oldest base goes first, with the
 * WAL that it alone needs. The newest stays; where it and its WAL are over the limit, a new one is due to take its place.
 */
export function decideRetention(
  { bases, segments, dataBytes }: ArchiveState,
  { windowMs, segmentBytes, leastWalBytes, limitBytes }: RetentionRules,
  now: number,
): RetentionDecision {
  const isInWindow = (base: Base) => base.from.getTime() > now - windowMs
  const firstInWindow = bases.findIndex(isInWindow)
  // The newest of those before the window covers its beginning.
  const coversWindow = Math.max(0, (firstInWindow === -1 ? bases.length : firstInWindow) - 1)
  const newest = bases.at(-1)
  const limit = limitBytes ?? Number.POSITIVE_INFINITY
  const bytesFrom = (index: number) => {
    const start = bases[index]?.startsAt
    const needed = segments.filter(({ segment }) => !start || segment.number >= start.number)
    return bases.slice(index).reduce((sum, { bytes }) => sum + bytes, needed.length * segmentBytes)
  }
  let firstKept = coversWindow
  while (firstKept < bases.length - 1 && bytesFrom(firstKept) > limit) firstKept += 1
  const oldest = bases[firstKept]

  const since = segments.filter(({ segment }) => !newest?.startsAt || segment.number > newest.startsAt.number)
  const isFull = since.length * segmentBytes > Math.max(leastWalBytes, dataBytes)
  // A base that is about as large as the limit is not made anew for every bit of WAL.
  const isOver = since.length * segmentBytes > limit / 4 && bytesFrom(bases.length - 1) > limit
  const isOld = newest !== undefined && now - newest.from.getTime() > windowMs / 2 && since.length > 0
  return {
    isBaseDue: newest === undefined || isFull || isOld || isOver,
    isCut: firstKept > coversWindow,
    removeBases: bases.slice(0, firstKept).map(({ name }) => name),
    removeSegments: oldest?.startsAt
      ? segments
          .filter(({ segment }) => segment.number < (oldest.startsAt?.number ?? 0n))
          .map(({ name }) => name)
      : [],
  }
}

/** The base that is the nearest before a moment. */
export function baseFor<T extends Base>(bases: readonly T[], moment: Date): T | null {
  return bases.findLast(({ from }) => from <= moment) ?? null
}
