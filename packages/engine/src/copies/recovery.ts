import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../engine.ts'
import { removeTree, type ServerFiles } from '../files.ts'
import type { Placement } from '../placement.ts'
import { type RunningServer, startServer, stopServer } from '../server.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import { readControlFile } from './control-file.ts'
import { listSegments, writeServerFile } from './data-files.ts'
import { segmentOf } from './wal-files.ts'

/**
 * Of a server whose data is nobody's yet: it is synced as a whole before it is put in its place, and made anew after a
 * crash. Nothing but us runs in it, and none of its WAL is kept.
 */
const DRAFT: Readonly<Record<string, string>> = {
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
  /** Commits up to here, this moment included; null: all. */
  target: Date | null
  signal?: AbortSignal | undefined
}

/** Replays the WAL up to the target and starts a timeline of its own; stopped cleanly when it resolves. */
export async function recover(
  placement: Placement,
  files: ServerFiles,
  { archive, target, signal }: RecoveryPlan,
): Promise<void> {
  writeServerFile(join(files.data, 'recovery.signal'), '', placement.user)
  const recovery = {
    restore_command: archive === null ? 'false' : restoreCommand(archive),
    // Each database's archive is of one timeline, and its own.
    recovery_target_timeline: 'current',
    ...(target && {
      // Z is the name of a zone, which is not read yet when settings are.
      recovery_target_time: target.toISOString().replace('Z', '+00'),
      recovery_target_inclusive: 'on',
      recovery_target_action: 'promote',
    }),
  }
  await inDraft(placement, files, async () => {}, { overrides: recovery, signal })
}

/** Whether recovery failed only since no commit after its target follows: all of them are before it. */
export function endedBeforeTarget(error: unknown): boolean {
  return (
    error instanceof EngineError &&
    error.cause instanceof Error &&
    /recovery ended before configured recovery target was reached/.test(error.cause.message)
  )
}

/** Runs `work` on a draft's own server, which is stopped again before this resolves; no WAL but the last is left. */
export async function inDraft<T>(
  placement: Placement,
  files: ServerFiles,
  work: (server: RunningServer) => Promise<T>,
  { overrides = {}, signal }: { overrides?: Record<string, string>; signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const server = await startServer(placement, files, {
    settings: DEFAULT_SETTINGS,
    overrides: { ...DRAFT, ...overrides },
    ...(signal && { signal }),
  })
  try {
    return await work(server)
  } finally {
    await stopServer(server, 'patient')
    await removeTree(files.socketFolder)
    removeOldWal(files.data)
  }
}

/** What was written before the last checkpoint is the source's, or of the making of the copy. */
function removeOldWal(data: string): void {
  const { redo, timeline, isCleanlyStopped } = readControlFile(data)
  if (!isCleanlyStopped) throw new EngineError('failed', 'the copy did not stop cleanly')
  const wal = join(data, 'pg_wal')
  const kept = segmentOf(redo, timeline)
  for (const { name, segment } of listSegments(wal)) {
    if (segment.number === kept.number && segment.timeline === kept.timeline) continue
    rmSync(join(wal, name))
    rmSync(join(wal, 'archive_status', `${name}.ready`), { force: true })
  }
}

/** Absent is 1; a copy that fails is more than 125, which ends the recovery instead of ending it early. */
function restoreCommand(archive: string): string {
  const from = `${quoted(archive.replaceAll('%', '%%'))}/%f`
  return `test -f ${from} || exit 1; cp ${from} "%p" || exit 126`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
