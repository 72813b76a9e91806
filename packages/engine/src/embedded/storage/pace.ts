/** When a database's counters are read, and when its folder is measured, as pure functions. */
import type { Written } from './written.ts'

/** What was written between two looks: as the kernel has counted it, or as fast as it may have been. */
export type Growth = { kind: 'counted'; bytes: number } | { kind: 'uncounted'; bytesPerMs: number }

/** The fastest that files are taken to grow: cores that copy into the page cache. */
const FASTEST_BYTES_PER_MS = 2_000_000
export const FASTEST: Growth = { kind: 'uncounted', bytesPerMs: FASTEST_BYTES_PER_MS }
/** The fastest by SQL, where the kernel's counters tell nothing. */
export const BY_SQL: Growth = { kind: 'uncounted', bytesPerMs: 250_000 }

const LOOK_MS = { least: 10, quiet: 20, most: 500 } as const
/** For each server that is looked at: together they take little of a processor, however many they are. */
const LOOK_MS_EACH = { least: 1, quiet: 2 } as const
const MEASURE_MS = { least: 50, most: 2_000 } as const
/** As good as nothing. */
const LITTLE_BYTES = 256 * 1024

/** By two looks at a server. What falls was lost with a process that was not waited for. */
export function growthBetween(before: Written | null, now: Written | null): Growth {
  if (before === null || now === null) return BY_SQL
  const bytes = now.bytes - before.bytes
  return before.isAll && now.isAll && bytes >= 0 ? { kind: 'counted', bytes } : FASTEST
}

/** In bytes. */
export function mostGrowth(growth: Growth, elapsedMs: number): number {
  return growth.kind === 'counted' ? growth.bytes : growth.bytesPerMs * elapsedMs
}

export interface LookedAt {
  /** Nothing was written for a while. */
  isQuiet: boolean
  /** How many servers are looked at. */
  count: number
  /** What the last look took, with its measurement. */
  tookMs: number
}

/** In how long the counters are read again. A measurement takes no more than half of the time. */
export function lookAfterMs(headroomBytes: number, { isQuiet, count, tookMs }: LookedAt): number {
  const how = isQuiet ? 'quiet' : 'least'
  const least = Math.min(Math.max(LOOK_MS[how], count * LOOK_MS_EACH[how], tookMs), LOOK_MS.most)
  return clamp(headroomBytes / FASTEST_BYTES_PER_MS, least, LOOK_MS.most)
}

export interface SinceMeasured {
  /** Bytes to the next bound, by the last measurement. */
  headroomBytes: number
  growth: Growth
  /** Whether a process has come, gone or written. */
  isChanged: boolean
  elapsedMs: number
}

/** Whether the folder is to be measured now. What has not been written takes no place. */
export function isMeasureDue({ headroomBytes, growth, isChanged, elapsedMs }: SinceMeasured): boolean {
  if (!isChanged) return false
  if (growth.kind === 'uncounted')
    return elapsedMs >= clamp(headroomBytes / growth.bytesPerMs, MEASURE_MS.least, MEASURE_MS.most)
  return growth.bytes >= Math.max(headroomBytes / 4, LITTLE_BYTES) || elapsedMs >= MEASURE_MS.most
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}
