/** Copies a server that runs, as a base backup. */
import { randomBytes } from 'node:crypto'
import type { Client } from 'pg'
import { EngineError } from '../../errors.ts'
import type { ServerAccess } from '../process/running-server.ts'
import { asSuperuser, DISK_LIMIT_MS, type SuperuserOptions } from '../sql/superuser.ts'
import { type ListedSegment, listOwnSegments } from './data-files.ts'
import type { CopySink } from './sink.ts'
import { parseLsn, parseSegment, segmentOf, type WalSegment } from './wal-files.ts'

/** A server that runs, and its data directory. */
export interface RunningSource {
  server: ServerAccess
  data: string
}

/** What a copy of a running server needs to become whole, and what it holds. */
export interface CopyFacts {
  /** The first segment that its recovery reads. */
  startsAt: WalSegment
  /** It holds every commit up to here. */
  lsn: string
  startedAt: Date
  /** Every moment from here on can be reached from it. */
  completedAt: Date
}

/** Between start and end the files may be copied one by one: the WAL, which is held meanwhile, makes them consistent. */
export interface OnlineBackup {
  startsAt: WalSegment
  /** Ends it. `label` is the copy's `backup_label`, without which it must not be started. */
  end(): Promise<{ label: string; lsn: string }>
}

/**
 * Runs `work` between `pg_backup_start` and `pg_backup_stop` of one session (docs: "Making a Base Backup Using the Low
 * Level API"). Nothing waits for it: the source goes on writing. The open session also keeps it from being put to sleep.
 */
export function withOnlineBackup<T>(
  server: ServerAccess,
  work: (backup: OnlineBackup) => Promise<T>,
  { limitMs = DISK_LIMIT_MS, signal }: SuperuserOptions = {},
): Promise<T> {
  const inSession = async (client: Client) => {
    // Only the archive holds WAL while a copy is made, and it takes what it has got away.
    await client.query('select pg_create_physical_replication_slot($1, true, true)', [
      `db9_copy_${randomBytes(6).toString('hex')}`,
    ])
    const startsAt = await startBackup(client)
    return work({ startsAt, end: () => stopBackup(client) })
  }
  // The checkpoint takes as long as the disk does.
  return asSuperuser(server, 'template1', inSession, { limitMs, signal })
}

/** Copies the data and the WAL that makes it whole. `onBegun` is called once it is under way. */
export function copyRunning(
  source: RunningSource,
  sink: CopySink,
  { onBegun, ...options }: SuperuserOptions & { onBegun: () => void },
): Promise<CopyFacts> {
  const startedAt = new Date()
  const copy = async ({ startsAt, end }: OnlineBackup): Promise<CopyFacts> => {
    onBegun()
    await sink.data(source.data)
    const { label, lsn } = await end()
    const completedAt = new Date()
    await sink.wal(source.data, segmentsBetween(await listOwnSegments(source.data), startsAt, lsn))
    await sink.label(label)
    return { startsAt, lsn, startedAt, completedAt }
  }
  return withOnlineBackup(source.server, copy, options)
}

/** Names of the segments from `first` to the one that ends with `lsn`; throws where one is missing. */
export function segmentsBetween(segments: ListedSegment[], first: WalSegment, lsn: string): string[] {
  // A position at a segment's very beginning means that the one before it is full.
  const last = segmentOf(parseLsn(lsn) - 1n, first.timeline)
  const found = segments.filter(
    ({ segment: { timeline, number } }) =>
      timeline === first.timeline && number >= first.number && number <= last.number,
  )
  if (BigInt(found.length) !== last.number - first.number + 1n) {
    throw new EngineError('failed', 'the write-ahead log of the copy is not complete')
  }
  return found.map(({ name }) => name)
}

async function startBackup(client: Client): Promise<WalSegment> {
  const { rows } = await client.query<{ name: string }>(
    "select pg_walfile_name(pg_backup_start('db9', true)) as name",
  )
  const segment = parseSegment(rows[0]?.name ?? '')
  if (!segment) throw new EngineError('failed', 'the copy could not be begun')
  return segment
}

async function stopBackup(client: Client): Promise<{ label: string; lsn: string }> {
  const { rows } = await client.query<{ lsn: string; labelfile: string; spcmapfile: string }>(
    'select lsn::text, labelfile, spcmapfile from pg_backup_stop(wait_for_archive => false)',
  )
  const [row] = rows
  if (!row) throw new EngineError('failed', 'the copy could not be ended')
  if (row.spcmapfile !== '')
    throw new EngineError('unsupported', 'a database with tablespaces cannot be copied')
  return { label: row.labelfile, lsn: row.lsn }
}
