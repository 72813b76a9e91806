/** Bounds what a copy takes of the disk. Its source may be hostile: a file may grow as fast as it is copied. */
import { EngineError } from '../../errors.ts'
import { diskUsages, UncountedFiles } from '../storage/disk-usage.ts'
import { freeBytes } from '../storage/free-bytes.ts'
import { boundsOf, FREEING_BYTES, mostWal } from '../storage/state.ts'
import { mostOfCopy, multiplied, SLACK_BYTES } from './copy-size.ts'

const LOOK_MS = 200
/** A measurement takes this part of the time at most. */
const LOOKING_PART = 1 / 4
const MEASURE_LIMIT_MS = 60_000

/** A size that a copy must not exceed. */
export interface Bound {
  /** Asked for anew whenever the copy takes more than it said the last time: an honest source may have grown. */
  mostBytes(): Promise<number>
  refusal: EngineError
}

export interface BoundedFolder {
  /** Holds all that is copied. */
  folder: string
  bounds: readonly Bound[]
  /** Of the volume, so much stays free. */
  reserveBytes: number
}

/** No more than the files of the source take themselves, each counted once and without its holes. */
export function sourceBound(paths: readonly string[]): Bound {
  return { mostBytes: async () => mostOfCopy(await bytesOf(paths)), refusal: multiplied() }
}

/** What a database with this quota could hold. */
export function quotaBound(quotaBytes: number): Bound {
  const mostBytes = boundsOf(quotaBytes).most + FREEING_BYTES + mostWal(quotaBytes)
  return { mostBytes: async () => mostBytes, refusal: overQuota(quotaBytes) }
}

/** Bytes of what files and folders take, each file counted once. */
export async function bytesOf(paths: readonly string[]): Promise<number> {
  const found = await diskUsages(paths, MEASURE_LIMIT_MS)
  return [...found.values()].reduce((sum, bytes) => sum + bytes, 0)
}

const overQuota = (quotaBytes: number) =>
  new EngineError(
    'too_large',
    `the copy is larger than its disk quota of ${quotaBytes} bytes allows; free space in the source, ` +
      'or ask the owner of the installation for a larger quota',
  )

/**
 * Does `work`, which fills the folder, and ends it by the signal that it is given as soon as the folder is beyond a bound or the
 * volume at its reserve. The caller removes what was made by then.
 */
export async function withinBounds<T>(
  room: BoundedFolder,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  await requireReserve(room)
  const over = new AbortController()
  const stopLooking = watchBounds(room, (reason) => over.abort(reason))
  try {
    const result = await work(AbortSignal.any([signal, over.signal]))
    await checkBounds(room)
    return result
  } catch (error) {
    throw over.signal.aborted ? over.signal.reason : error
  } finally {
    stopLooking()
  }
}

/** Checks again and again until it is stopped, or a bound is exceeded, which it tells `end`. */
function watchBounds(room: BoundedFolder, end: (reason: unknown) => void): () => void {
  let timer: NodeJS.Timeout
  let isOver = false
  const again = (afterMs: number) => {
    timer = setTimeout(async () => {
      const begun = performance.now()
      try {
        await checkBounds(room)
      } catch (error) {
        return end(error)
      }
      if (!isOver) again(Math.max(LOOK_MS, (performance.now() - begun) / LOOKING_PART))
    }, afterMs)
  }
  again(LOOK_MS)
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}

async function checkBounds(room: BoundedFolder): Promise<void> {
  await requireReserve(room)
  const used = await bytesOf([room.folder]).catch((error: unknown) => {
    // It is none that Postgres made.
    if (error instanceof UncountedFiles) throw multiplied()
    return 0
  })
  if (used <= SLACK_BYTES) return
  for (const { mostBytes, refusal } of room.bounds) if (used > (await mostBytes())) throw refusal
}

async function requireReserve({ folder, reserveBytes }: BoundedFolder): Promise<void> {
  if ((await freeBytes(folder)) >= reserveBytes) return
  throw new EngineError('no_space', 'the database could not be copied: the disk is full up to its reserve')
}
