/** Starts the servers of staged copies: to replay a log, and to change what was copied. */
import { join } from 'node:path'
import { EngineError } from '../../errors.ts'
import { DEFAULT_SETTINGS } from '../../settings.ts'
import { makeArchiveFolder } from '../cluster/own-folders.ts'
import type { Placement } from '../cluster/placement.ts'
import { removeServerTree } from '../cluster/removal.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { ownerOf } from '../cluster/users.ts'
import { type StartOptions, WAL_SOURCE } from '../process/postgres-process.ts'
import type { RunningServer } from '../process/running-server.ts'
import { stopServer } from '../process/stop-server.ts'
import { runTool } from '../sandbox/tool.ts'
import { startWatched } from '../storage/watched-start.ts'
import { readControlFile } from './control-file.ts'
import { listOwnSegments, writeServerFile } from './data-files.ts'
import { type StagedCopyWork, watchStagedCopy } from './staged-copy-watch.ts'
import { resetUnlogged } from './unlogged.ts'
import { segmentOf } from './wal-files.ts'

/**
 * For the server of a staged copy: the copy is synced as a whole before it is put in its place, and made anew after a crash.
 * Only the service works in it, and none of its WAL is kept.
 */
const STAGED_SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'off',
  archive_mode: 'off',
  autovacuum: 'off',
  // Ready means promoted.
  hot_standby: 'off',
  // A recycled segment would keep what the source had written.
  wal_recycle: 'off',
}

export interface RecoveryPlan {
  /** Where segments are that the data directory does not hold; null: it holds all. */
  archive: string | null
  /** Commits up to here, this moment included, RFC 3339 in UTC; null: all. */
  target: string | null
  /** Of the database whose log it is; null: none. */
  quotaBytes: number | null
  signal?: AbortSignal | undefined
}

/** Replays the WAL up to the target and starts a timeline of its own; stopped cleanly when it resolves. */
export async function recover(
  placement: Placement,
  files: ServerFiles,
  { archive, target, quotaBytes, signal }: RecoveryPlan,
): Promise<void> {
  if (archive !== null) makeArchiveFolder(archive)
  const ids = ownerOf(placement.users, files.data)
  writeServerFile(join(files.data, 'recovery.signal'), '', ids)
  const isSandboxed = placement.isolation.state === 'on'
  const recovery = {
    restore_command: archive === null ? 'false' : restoreCommand(isSandboxed ? WAL_SOURCE : archive),
    // Each database's archive is of one timeline, and its own.
    recovery_target_timeline: 'current',
    ...(target && {
      // Z is the name of a zone, which is not read yet when settings are.
      recovery_target_time: target.replace('Z', '+00'),
      recovery_target_inclusive: 'on',
      recovery_target_action: 'promote',
    }),
  }
  await withStagedServer(placement, files, async () => {}, {
    overrides: recovery,
    walSource: archive,
    hasLogins: false,
    bounds: { kind: 'replay', quotaBytes },
    signal,
  })
  await resetUnlogged(placement, files.data)
}

/** Whether recovery failed only because the log has no commit after the target: then all of the log is wanted. */
export function endedBeforeTarget(error: unknown): boolean {
  return (
    error instanceof EngineError &&
    error.cause instanceof Error &&
    /recovery ended before configured recovery target was reached/.test(error.cause.message)
  )
}

export interface StagedServerOptions extends Pick<StartOptions, 'walSource' | 'hasLogins'> {
  overrides?: Record<string, string>
  /** What bounds it; left out: what was copied. */
  bounds?: StagedCopyWork
  signal?: AbortSignal | undefined
}

/**
 * Runs `work` on a staged copy's own server, which is stopped again before this resolves; no WAL but the last is left. Throws
 * `too_large` where the server takes more of the disk than it may.
 */
export async function withStagedServer<T>(
  placement: Placement,
  files: ServerFiles,
  work: (server: RunningServer) => Promise<T>,
  { overrides = {}, bounds = { kind: 'change' }, signal, ...options }: StagedServerOptions = {},
): Promise<T> {
  const watch = await watchStagedCopy(files, bounds)
  const ended = signal ? AbortSignal.any([signal, watch.signal]) : watch.signal
  const start = {
    settings: DEFAULT_SETTINGS,
    ...options,
    overrides: { ...STAGED_SETTINGS, ...overrides },
    ...(signal && { signal }),
  }
  try {
    const server = await startWatched(placement, files, start, watch)
    server.signal = ended
    try {
      return await work(server)
    } finally {
      await stopServer(server, ended.aborted ? 'immediate' : 'patient')
      await removeServerTree(placement, files.socketFolder)
      await removeOldWal(placement, files.data)
    }
  } catch (error) {
    throw watch.failure ?? error
  } finally {
    watch.end()
  }
}

/** What was written before the last checkpoint is the source's, or of the making of the copy. */
async function removeOldWal(placement: Placement, data: string): Promise<void> {
  const { redo, timeline, isCleanlyStopped } = readControlFile(data)
  if (!isCleanlyStopped) throw new EngineError('failed', 'the copy did not stop cleanly')
  const wal = join(data, 'pg_wal')
  const kept = segmentOf(redo, timeline)
  const old = (await listOwnSegments(data)).filter(
    ({ segment }) => segment.number !== kept.number || segment.timeline !== kept.timeline,
  )
  const paths = old.flatMap(({ name }) => [join(wal, name), join(wal, 'archive_status', `${name}.ready`)])
  if (paths.length === 0) return
  await runTool(placement, 'rm', ['-f', ...paths], { ids: ownerOf(placement.users, data), writable: [data] })
}

/**
 * Exit 1: there is no such segment, and the log ends there. Above 125: the recovery fails, so that a copy that failed is not taken for
 * the end of the log (Postgres docs, restore_command).
 */
function restoreCommand(archive: string): string {
  const from = `${quoted(archive.replaceAll('%', '%%'))}/%f`
  return `test -f ${from} || exit 1; cp ${from} "%p" || exit 126`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
