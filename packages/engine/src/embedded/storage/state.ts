/** What a database may do with its disk, as a pure function of what it did and takes. */
import type { StorageState } from '@db9/types/internal'

const MB = 2 ** 20

/** In bytes, each more than the one before. */
export interface Bounds {
  /** Above it the database is read-only. */
  readOnly: number
  /** From here on only the owner may change anything. */
  closed: number
  /** Sessions that write beyond it are ended. */
  most: number
}

/** A small quota has more room above it: freeing space writes, too. */
export function boundsOf(quotaBytes: number): Bounds {
  return {
    readOnly: quotaBytes,
    closed: quotaBytes + Math.max(Math.floor(quotaBytes / 20), 8 * MB),
    most: quotaBytes + Math.max(Math.floor(quotaBytes / 10), 16 * MB),
  }
}

/** What sessions may write while they free space in a database that is beyond its bound already, their log aside. */
export const FREEING_BYTES = 8 * MB

/**
 * How long the write-ahead log may get beside the data: a DELETE writes as much as it deletes. It is given back once the
 * server and its archive have caught up with it.
 */
export function mostWal(quotaBytes: number): number {
  return walSize(quotaBytes) + 192 * MB
}

/** What the write-ahead log of a server may be between two checkpoints: little of a small quota. */
export function walSize(quotaBytes: number): number {
  return Math.min(Math.floor(quotaBytes / 8 / MB) * MB, USUAL_WAL_BYTES)
}

/** Where it is not set for one server: of a cluster with segments of 1 MB, by initdb. */
export const USUAL_WAL_BYTES = 64 * MB

/** Who has written so much beyond the bound since the last look writes too fast to be asked to end. */
const RUNAWAY_BYTES = 32 * MB

/** Sessions that go on writing beyond the bound wait before the next may begin, longer each time. */
const LEAST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 3_600_000

/** What is known of a database from the looks at it until now. */
export interface Held {
  state: StorageState
  /** The least that it took beside its log since its sessions were ended, and that its log was; null: not looked at since. */
  floorBytes: number | null
  floorWalBytes: number | null
  /** How often sessions were ended for writing beyond the bound, and until when none may begin. */
  times: number
  pausedUntil: number
}

export const UNLIMITED: Held = {
  state: 'ok',
  floorBytes: null,
  floorWalBytes: null,
  times: 0,
  pausedUntil: 0,
}

/** How little the volume has left: a database that has grown lately is closed before the others. */
export type VolumeGrade = 'roomy' | 'growers_closed' | 'read_only' | 'closed'

export interface Usage {
  /** Bytes that its folder takes, as far as they count. */
  usedBytes: number
  /** Without its write-ahead log, and that log: each as it is. */
  dataBytes: number
  walBytes: number
  /** At the look before; null where there was none since its server started. */
  previousBytes: number | null
  /** Null: no quota. */
  quotaBytes: number | null
  volume: VolumeGrade
  /** Whether it has grown since the volume is low. */
  isGrowing: boolean
}

/** `end_sessions`: of all but the superuser. `kill`: its server, which writes too fast, or while no client may be connected. */
export type Action = 'none' | 'end_sessions' | 'kill'

export interface Step {
  held: Held
  action: Action
}

/** What follows from one look. */
export function step(held: Held, usage: Usage, now: number): Step {
  const state = worse(quotaBound(held.state, usage), byVolume(usage))
  if (state !== 'admin_only') return { held: { ...UNLIMITED, state }, action: 'none' }
  if (isRunaway(usage)) return stopped(held, 'kill', now)
  if (held.state === 'ok' || held.state === 'read_only') {
    return { held: { ...UNLIMITED, state: 'admin_only' }, action: 'end_sessions' }
  }
  return whileClosed(held, usage, now)
}

/** Once it is closed: what may still be written is little, and counts from the least that it took. */
function whileClosed(held: Held, usage: Usage, now: number): Step {
  const { usedBytes, dataBytes, walBytes, quotaBytes } = usage
  const floorBytes = Math.min(held.floorBytes ?? dataBytes, dataBytes)
  const isPaused = held.state === 'closed' && now < held.pausedUntil
  const { most, wal } = quotaBytes === null ? ANY : { ...boundsOf(quotaBytes), wal: mostWal(quotaBytes) }
  const floorWalBytes = Math.min(held.floorWalBytes ?? walBytes, walBytes)
  // What was under way when the sessions ended still reaches the log.
  const mostWalBytes = Math.max(wal, floorWalBytes + FREEING_BYTES) + (isPaused ? RUNAWAY_BYTES : 0)
  const isMuch = dataBytes - floorBytes > FREEING_BYTES || walBytes > mostWalBytes
  if (isMuch && (isPaused || usedBytes > most)) {
    return stopped(held, isPaused ? 'kill' : 'end_sessions', now)
  }
  const state = isPaused ? 'closed' : 'admin_only'
  return { held: { ...held, floorBytes, floorWalBytes, state }, action: 'none' }
}

/** Without a quota, where the volume is low. */
const ANY = { most: 0, wal: Number.POSITIVE_INFINITY }

function isRunaway({ usedBytes, previousBytes, quotaBytes }: Usage): boolean {
  if (quotaBytes === null || previousBytes === null) return false
  return usedBytes - Math.max(previousBytes, boundsOf(quotaBytes).most) > RUNAWAY_BYTES
}

/** Until when no client may connect after the server was ended for what it wrote; longer each time. */
export function stopped(held: Held, action: Action, now: number): Step {
  const times = held.times + 1
  const pausedUntil = now + pauseOf(times)
  return { held: { state: 'closed', floorBytes: null, floorWalBytes: null, times, pausedUntil }, action }
}

/** How long no client may connect after sessions were ended so many times. */
export function pauseOf(times: number): number {
  return Math.min(LEAST_PAUSE_MS * 2 ** Math.min(times - 1, 30), LONGEST_PAUSE_MS)
}

/** Back at less than where it began, so that it does not go to and fro. */
function quotaBound(before: StorageState, { usedBytes, quotaBytes }: Usage): BaseState {
  if (quotaBytes === null) return 'ok'
  const { readOnly, closed } = boundsOf(quotaBytes)
  const wasClosed = before === 'admin_only' || before === 'closed'
  if (usedBytes >= (wasClosed ? (readOnly + closed) / 2 : closed)) return 'admin_only'
  const isLimited = before !== 'ok'
  return usedBytes > (isLimited ? readOnly - readOnly / 50 : readOnly) ? 'read_only' : 'ok'
}

type BaseState = Exclude<StorageState, 'closed'>

function byVolume({ volume, isGrowing }: Usage): BaseState {
  if (volume === 'closed') return 'admin_only'
  if (volume === 'read_only') return isGrowing ? 'admin_only' : 'read_only'
  return volume === 'growers_closed' && isGrowing ? 'admin_only' : 'ok'
}

const RANK: Record<BaseState, number> = { ok: 0, read_only: 1, admin_only: 2 }

function worse(left: BaseState, right: BaseState): BaseState {
  return RANK[left] >= RANK[right] ? left : right
}

/** By what the volume has left, and from where on that is little. */
export function gradeOf(freeBytes: number, lowBytes: number): VolumeGrade {
  if (freeBytes >= lowBytes) return 'roomy'
  if (freeBytes >= lowBytes / 2) return 'growers_closed'
  return freeBytes >= lowBytes / 4 ? 'read_only' : 'closed'
}
