/** What is kept of a database's past: bases, and the write-ahead log since. */
import { closeSync, existsSync, fstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { timeOfId } from '@db9/types/ids'
import type { ServerFiles } from '../cluster/server-files.ts'
import { listSegments } from '../copies/data-files.ts'
import { readOrigin } from '../copies/origin.ts'
import { parseSegment } from '../copies/wal-files.ts'
import { listFolder, openPlainFile } from '../sandbox/safe-files.ts'
import type { Base } from './retention.ts'

/** Holds the bases of one database, a folder each. */
const BASES = 'bases'
const RECORD = 'base.json'
/** The state that a database from the template began with; it lies with the template. */
export const TEMPLATE_BASE = 'template'

/** What `base.json` says, written once the base is whole. */
export interface BaseRecord {
  /** RFC 3339. */
  from: string
  /** Name of the first segment that its recovery reads. */
  startsAt: string
  /** Of its data; left out by the earliest releases. */
  bytes?: number
}

export interface StoredBase extends Base {
  /** Its data directory. */
  data: string
}

export function basesFolder({ folder }: ServerFiles): string {
  return join(folder, BASES)
}

/** The oldest first. */
export function listBases(files: ServerFiles): StoredBase[] {
  const folder = basesFolder(files)
  const names = existsSync(folder) ? readdirSync(folder) : []
  const stored = names.flatMap((name) => {
    const record = name.includes('.') ? null : readBaseRecord(join(folder, name, RECORD))
    const startsAt = record && parseSegment(record.startsAt)
    if (!startsAt) return []
    const data = join(folder, name, 'data')
    return [{ name, from: new Date(record.from), startsAt, data, bytes: record.bytes ?? 0 }]
  })
  const template = templateBase(files)
  return [...(template ? [template] : []), ...stored].sort((a, b) => a.from.getTime() - b.from.getTime())
}

export function baseRecordPath(base: string): string {
  return join(base, RECORD)
}

/** Null where there is none, or where it was not finished. */
function readBaseRecord(path: string): BaseRecord | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as BaseRecord
  } catch {
    return null
  }
}

function templateBase({ folder }: ServerFiles): StoredBase | null {
  const origin = readOrigin(folder)
  if (origin?.kind !== 'template') return null
  const data = join(dirname(folder), origin.template, 'data')
  const id = basename(folder).split('.')[0] ?? ''
  return existsSync(data)
    ? { name: TEMPLATE_BASE, from: new Date(timeOfId(id)), startsAt: null, data, bytes: 0 }
    : null
}

/** Since when segments wait for the archive, or null where none waits for long. */
export async function archiveBehindSince({ data }: ServerFiles, now: number): Promise<Date | null> {
  const status = 'pg_wal/archive_status'
  const isWanted = (name: string) => name.endsWith('.ready')
  const waiting = (await listFolder(data, status, { isWanted })) ?? []
  const times = waiting
    .slice(0, MOST_LOOKED_AT)
    .map(({ name }) => modifiedAt(data, join(status, name)) ?? now)
  const oldest = Math.min(...times)
  return now - oldest > BEHIND_MS ? new Date(oldest) : null
}

/** The archiver tries again every minute, so one that works has caught up by then. */
const BEHIND_MS = 90_000
const MOST_LOOKED_AT = 1_000

function modifiedAt(root: string, path: string): number | null {
  const file = openPlainFile(root, path)
  if (file === null) return null
  try {
    return fstatSync(file).mtimeMs
  } finally {
    closeSync(file)
  }
}

export function listArchive({ archive }: ServerFiles): ReturnType<typeof listSegments> {
  return listSegments(archive)
}
