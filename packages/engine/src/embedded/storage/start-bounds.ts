/** What a start of a server may write, and how long it may take, as pure functions. */
import { boundsOf, type Held, mostWal } from './state.ts'
import { countedBytes, type Used } from './usage.ts'

const MB = 2 ** 20

/** What Postgres itself writes when it starts: files of its state, a checkpoint, the next part of its log. */
const START_BYTES = 32 * MB

/**
 * What may count of a database while its server starts: its bound, or what it took before where that is more, and what its
 * log can bring back. Starts of one that is closed all count from the least that it took.
 */
export function mostAtStart(quotaBytes: number, used: Used, held: Held | undefined): number {
  const dataBytes = used.bytes - used.walBytes
  const grownBytes = Math.max(dataBytes - (held?.floorBytes ?? dataBytes), 0)
  const base = Math.max(boundsOf(quotaBytes).most, countedBytes(used, quotaBytes) - grownBytes)
  return base + Math.min(used.walBytes, mostWal(quotaBytes)) + START_BYTES
}

/** What may be written where it cannot be counted what there is. */
export function mostUncounted(quotaBytes: number): number {
  return mostWal(quotaBytes) + START_BYTES
}

/** A server that was stopped cleanly has nothing to replay. */
const CLEAN_MS = 60_000
/** Postgres syncs all files before it replays its log, at a speed of a slow disk here. */
const RECOVERY_MS = 120_000
const MS_PER_LOG_BYTE = 1_000 / MB
export const LONGEST_START_MS = 10 * 60_000

export interface ToStart {
  /** By its control file. */
  isCleanlyStopped: boolean
  /** Of its write-ahead log; null: not measured. */
  walBytes: number | null
  /** How often it was ended before. Each time it gets twice as long, since it begins anew. */
  times: number
}

/** How long a start may take until the server serves. */
export function startLimitMs({ isCleanlyStopped, walBytes, times }: ToStart): number {
  const recovery = walBytes === null ? LONGEST_START_MS : RECOVERY_MS + walBytes * MS_PER_LOG_BYTE
  return Math.min((isCleanlyStopped ? CLEAN_MS : recovery) * 2 ** times, LONGEST_START_MS)
}

/** As long as a caller waits for a wake. */
const PLACE_MS = 30_000

/** How long a start may take where others need its place; `times`: how often it was ended before. */
export function placeLimitMs(times: number): number {
  return Math.min(PLACE_MS * 2 ** times, LONGEST_START_MS)
}
