/** Servers that run on although the process that started them has ended: they are taken over, or ended. */
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, type ProcessEntry, type ProcessIdentity, readProcess } from '@db9/process/processes'
import type { DatabaseSettings } from '../../settings.ts'
import type { Placement } from '../cluster/placement.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { removeGroups } from '../sandbox/control-groups.ts'
import { lockHolder } from '../sandbox/lock-holder.ts'
import { removeFile } from '../sandbox/safe-files.ts'
import { childOf, findByTitle } from './processes.ts'
import { fingerprintOf, type RunningServer, toRunningServer } from './running-server.ts'
import { LAUNCHING, type ProcessRecord, readPidFile, readRecord } from './server-record.ts'
import { sendSignal, stopServer } from './stop-server.ts'

const POLL_MS = 5
const RETRIES = 20

/** The server that survived a crash of ours: as it was recorded, with today's settings and logins; else null. */
export function findSurvivor(
  placement: Placement,
  files: ServerFiles,
  settings?: DatabaseSettings,
): RunningServer | null {
  const known = readRecord(files.record)
  const logins = placement.logins.of(files)
  if (!known || !logins || !isAlive(known) || known.fingerprint !== fingerprintOf(placement, settings))
    return null
  return toRunningServer(files, known, logins)
}

/**
 * Ends whatever runs this data directory, ready or not. A pid file without its postmaster means that one was killed: outside
 * of a sandbox its backends are ended too, since a busy one notices nothing and keeps the shared memory. The file goes, since
 * Postgres would not start where its pid is a stranger's by now.
 *
 * `isLockRead: false`: who holds the lock is not asked where there is no pid file. The kernel waits about 10 ms for all
 * processors before it tells (Linux: fs/locks.c, `locks_start`), and a launch fails anyway where the lock is held.
 */
export async function endSurvivor(files: ServerFiles, { isLockRead = true } = {}): Promise<void> {
  const known = readRecord(files.record)
  if (known && isAlive(known)) await stopServer(postmasterOf(known))
  const pid = readPidFile(files.data)?.pid
  const holder = isLockRead || pid !== undefined ? lockHolder(files.lock) : null
  if (holder) await stopServer(holder)
  const entry = pid === undefined ? null : readProcess(pid)
  if (entry && isPostmaster(entry, files)) await stopServer(entry)
  if (pid !== undefined) {
    await endOrphans(files)
    removeFile(files.folder, basename(files.data), 'postmaster.pid')
  }
  await removeGroups(files.cluster)
}

/** Of a launch that was cut short, the process that it had started. */
function postmasterOf(known: ProcessRecord): ProcessIdentity {
  return known.fingerprint === LAUNCHING ? (childOf(known.pid) ?? known) : known
}

async function endOrphans(files: ServerFiles): Promise<void> {
  const title = `postgres: ${files.cluster}: `
  for (let attempt = 0; attempt < RETRIES; attempt++) {
    const pids = findByTitle(title)
    if (pids.length === 0) return
    for (const pid of pids) sendSignal(pid, 'SIGKILL')
    await sleep(POLL_MS)
  }
}

/** By the directory itself, not by its name: a link or a mount may give it several. */
function isPostmaster({ pid, command, args }: ProcessEntry, files: ServerFiles): boolean {
  if (command !== 'postgres') return false
  const named = / -D (.+?)(?: -c |$)/.exec(args.trim())?.[1]
  return [named, `/proc/${pid}/cwd`].some((path) => path !== undefined && isSameFolder(path, files.data))
}

function isSameFolder(left: string, right: string): boolean {
  try {
    const [a, b] = [statSync(left), statSync(right)]
    return a.ino === b.ino && a.dev === b.dev
  } catch {
    return false
  }
}
