/** Bounds what the server of a staged copy writes: the log that it replays, and the files that it works on, may be hostile. */
import { EngineError } from '../../errors.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { LONGEST_START_MS, mostAtStart } from '../storage/start-bounds.ts'
import { StartWatch } from '../storage/start-watch.ts'
import { countedBytes, measure, type Used } from '../storage/usage.ts'
import { mostOfCopy, SLACK_BYTES } from './copy-size.ts'

/** What a staged copy's server is started for. */
export type StagedCopyWork =
  /** To change what was copied. */
  | { kind: 'change' }
  /** To replay the log of a database with this quota, or with none. */
  | { kind: 'replay'; quotaBytes: number | null }

/** The caller ends the watch. What a replay without a quota writes is bounded by the room for the copy alone. */
export async function watchStagedCopy(files: ServerFiles, work: StagedCopyWork): Promise<StartWatch> {
  const limits = { usedBefore: null, limitMs: LONGEST_START_MS, placeMs: LONGEST_START_MS }
  const quotaBytes = work.kind === 'replay' ? work.quotaBytes : Number.MAX_SAFE_INTEGER
  if (quotaBytes === null) return new StartWatch(files, { ...limits, growth: null }, () => {})
  const used = await measure(files)
  const mostBytes = work.kind === 'replay' ? mostInReplay(quotaBytes, used) : mostOfChange(quotaBytes, used)
  const growth = { quotaBytes, countedBytes: countedBytes(used, quotaBytes), mostBytes, refusal: tooMuch() }
  return new StartWatch(files, { ...limits, growth }, () => {})
}

/** A moment may be of a time at which the quota was larger. */
function mostInReplay(quotaBytes: number, used: Used): number {
  return Math.max(mostAtStart(quotaBytes, used, undefined), mostOfChange(quotaBytes, used))
}

/** As much again as was copied. */
function mostOfChange(quotaBytes: number, used: Used): number {
  const counted = countedBytes(used, quotaBytes)
  return Number.isFinite(counted) ? mostOfCopy(counted) : SLACK_BYTES
}

const tooMuch = () =>
  new EngineError(
    'too_large',
    'the copy takes more of the disk than the database that it was made of may take',
  )
