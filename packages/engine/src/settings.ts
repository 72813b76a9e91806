/** What can be set for one database, and the values that are allowed. */
import { totalmem } from 'node:os'
import { EngineError } from './errors.ts'

/** What can be set for one database. `configure` keeps it beside the data; the server's own part counts from its next start. */
export interface DatabaseSettings {
  /** A database that is idle for this long is stopped; -1: only where others need its place. */
  suspendAfterSeconds: number
  /** Postgres' shared_buffers and work_mem. */
  sharedBuffersMb: number
  workMemMb: number
  /** Connections that clients may hold, over all protocols together. */
  maxConnections: number
  /** What its folder may take, without its archive; null: no quota. */
  diskQuotaBytes: number | null
  /** What its archive may take, log and bases; null: twice the disk quota, or no quota where that has none. */
  archiveQuotaBytes: number | null
}

export const DEFAULT_SETTINGS: DatabaseSettings = {
  suspendAfterSeconds: 300,
  sharedBuffersMb: 16,
  workMemMb: 4,
  maxConnections: 45,
  diskQuotaBytes: null,
  archiveQuotaBytes: null,
}

/** A base of all data and as much log again: points in time of a full database can be restored, too. */
const ARCHIVE_PER_DATA = 2

/** What the archive of a database may take, in bytes; null: any. */
export function archiveLimit({ archiveQuotaBytes, diskQuotaBytes }: DatabaseSettings): number | null {
  if (archiveQuotaBytes !== null) return archiveQuotaBytes
  return diskQuotaBytes === null ? null : ARCHIVE_PER_DATA * diskQuotaBytes
}

/** Less would hold no more than an empty database. */
export const LEAST_QUOTA_BYTES = 64 * 2 ** 20

/** Settings that may be null. */
const QUOTAS: ReadonlySet<keyof DatabaseSettings> = new Set(['diskQuotaBytes', 'archiveQuotaBytes'])

/** Whole numbers, least and most. -1 and null have their own meaning. */
const RANGES: Record<keyof DatabaseSettings, readonly [number, number]> = {
  suspendAfterSeconds: [1, 7 * 86_400],
  sharedBuffersMb: [1, Math.max(16, Math.floor(totalmem() / 4 / 2 ** 20))],
  workMemMb: [1, Math.max(4, Math.floor(totalmem() / 8 / 2 ** 20))],
  maxConnections: [20, 1_000],
  diskQuotaBytes: [LEAST_QUOTA_BYTES, Number.MAX_SAFE_INTEGER],
  archiveQuotaBytes: [LEAST_QUOTA_BYTES, Number.MAX_SAFE_INTEGER],
}

/** Throws an `EngineError` naming the first setting that is out of its range on this machine. */
export function requireSettings(settings: DatabaseSettings): void {
  for (const name of Object.keys(RANGES) as (keyof DatabaseSettings)[]) {
    const value = settings[name]
    const [least, most] = RANGES[name]
    const isSpecial = name === 'suspendAfterSeconds' ? value === -1 : QUOTAS.has(name) && value === null
    if (isSpecial || (Number.isInteger(value) && Number(value) >= least && Number(value) <= most)) continue
    throw new EngineError('unsupported', `${name}: must be a whole number from ${least} to ${most}`)
  }
}
