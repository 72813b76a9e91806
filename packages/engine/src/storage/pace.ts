/** When a database's counters are read, and when its folder is measured, as pure functions. */

/** The fastest that files are taken to grow: cores that copy into the page cache. */
const FASTEST_BYTES_PER_MS = 2_000_000
/** The fastest by SQL, where the kernel's counters tell nothing. */
const SQL_BYTES_PER_MS = 250_000

const LOOK_MS = { least: 10, quiet: 20, most: 500 } as const
/** For each server that is looked at: together they take little of a processor, however many they are. */
const LOOK_MS_EACH = { least: 1, quiet: 2 } as const
const MEASURE_MS = { least: 50, most: 2_000 } as const
/** As good as nothing. */
const LITTLE_BYTES = 256 * 1024

/** In how long the counters are read again, as those of so many servers are. `isQuiet`: nothing was written for a while. */
export function lookAfterMs(
  headroomBytes: number,
  { isQuiet, count }: { isQuiet: boolean; count: number },
): number {
  const how = isQuiet ? 'quiet' : 'least'
  const least = Math.min(Math.max(LOOK_MS[how], count * LOOK_MS_EACH[how]), LOOK_MS.most)
  return clamp(headroomBytes / FASTEST_BYTES_PER_MS, least, LOOK_MS.most)
}

export interface SinceMeasured {
  /** Bytes to the next bound, by the last measurement. */
  headroomBytes: number
  /** Null: nobody knows. */
  writtenBytes: number | null
  /** Whether a process has come, gone or written. */
  isChanged: boolean
  elapsedMs: number
}

/** Whether the folder is to be measured now. What has not been written takes no place. */
export function isMeasureDue({ headroomBytes, writtenBytes, isChanged, elapsedMs }: SinceMeasured): boolean {
  if (!isChanged) return false
  if (writtenBytes !== null && writtenBytes >= Math.max(headroomBytes / 4, LITTLE_BYTES)) return true
  const byTime =
    writtenBytes === null
      ? clamp(headroomBytes / SQL_BYTES_PER_MS, MEASURE_MS.least, MEASURE_MS.most)
      : MEASURE_MS.most
  return elapsedMs >= byTime
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}
