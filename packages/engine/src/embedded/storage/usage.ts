/** What a database takes of the disk: all that its server and its clients can make grow. */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerFiles } from '../cluster/server-files.ts'
import { readSmallFile } from '../sandbox/safe-files.ts'
import type { KeptSettings } from './apply.ts'
import { diskUsages, UncountedFiles } from './disk-usage.ts'
import { mostWal } from './state.ts'

const LIMIT_MS = 10_000
const CONFIGURATION_BYTES = 2 ** 20
/** Of statements' texts: more is forgotten. */
const TEXTS_BYTES = 8 * 2 ** 20

export interface Used {
  /** Bytes of the data, and of what waits for the archive or is logged. */
  bytes: number
  /** Of these, the write-ahead log, with what waits for the archive. */
  walBytes: number
  /** Of these, what waits for the archive. */
  waitingBytes: number
}

export const NOTHING: Used = { bytes: 0, walBytes: 0, waitingBytes: 0 }

/** Not of its past, which has a limit of its own. Infinity where its files cannot be counted. */
export async function measure({ data, inbox, socketFolder, log }: ServerFiles): Promise<Used> {
  const wal = join(data, 'pg_wal')
  try {
    // What lies below a folder that was named before is counted once.
    const found = await diskUsages([wal, inbox, data, socketFolder, log, `${log}.1`], LIMIT_MS)
    const bytes = [...found.values()].reduce((sum, each) => sum + each, 0)
    const waitingBytes = found.get(inbox) ?? 0
    return { bytes, walBytes: (found.get(wal) ?? 0) + waitingBytes, waitingBytes }
  } catch (error) {
    if (!(error instanceof UncountedFiles)) throw error
    return { ...NOTHING, bytes: Number.POSITIVE_INFINITY }
  }
}

/**
 * What counts of it: of its log only what is beyond the log's own bound. A load of data writes as much log as data, which is
 * gone a moment later, and what is left of it depends on checkpoints and not on the owner.
 */
export function countedBytes({ bytes, walBytes }: Used, quotaBytes: number): number {
  return bytes - Math.min(walBytes, mostWal(quotaBytes))
}

/** Whether the file of statements' texts is longer than it should be. Postgres lets it grow to thousands of them. */
export function hasLongTexts({ data }: ServerFiles): boolean {
  const path = join(data, 'pg_stat_tmp', 'pgss_query_texts.stat')
  try {
    return lstatSync(path).blocks * 512 > TEXTS_BYTES
  } catch {
    return false
  }
}

/** Whether the server's own file says what is wanted; a copy brings that of its source along. */
export function areKept({ data }: ServerFiles, wanted: KeptSettings): boolean {
  const text = readConfiguration(data)
  return Object.entries(wanted).every(([name, value]) =>
    value === null ? !text.includes(`${name} =`) : text.includes(`${name} = '${value}'\n`),
  )
}

function readConfiguration(data: string): string {
  try {
    return readSmallFile(data, 'postgresql.auto.conf', CONFIGURATION_BYTES)?.toString() ?? ''
  } catch {
    // None that Postgres wrote.
    return ''
  }
}
