/** The files of a server, and what is done with whole folders. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, renameSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readFileEnd } from './output-tail.ts'
import type { Placement } from './placement.ts'
import type { ProcessIdentity } from './processes.ts'
import { readSmallFile } from './safe-files.ts'

export const run = promisify(execFile)
export const LOGINS_FILE = 'logins.json'

/** The files of one server, whether it runs or not. */
export interface ServerFiles {
  /** Ours; beside the data directory it holds what follows. */
  folder: string
  /** Postgres' data directory. */
  data: string
  /** Where its server leaves WAL for the archive. */
  inbox: string
  /** Its archive of WAL, from which moments of its past are restored; its server reaches it no more than another's. */
  archive: string
  /** Who may log in how; where a sandbox holds a file of its own, none. */
  hba: string
  log: string
  /** Names the process, for the start after a crash. */
  record: string
  /** What was set for this database. */
  settings: string
  /** Where the passwords of our own logins come from. */
  logins: string
  /** The verifiers of its login roles, while it is asleep. */
  verifiers: string
  /** Locked while a process of the server lives. */
  lock: string
  /** The server's private folder of its socket. */
  socketFolder: string
  /** Postgres' `cluster_name`, which heads the title of each of its processes: unlike any other server's. */
  cluster: string
}

export function serverFiles(placement: Placement, name: string): ServerFiles {
  const folder = join(placement.dataFolder, name)
  return {
    folder,
    data: join(folder, 'data'),
    inbox: join(folder, 'inbox'),
    archive: join(folder, 'wal'),
    hba: join(folder, 'hba.conf'),
    log: join(folder, 'postgres.log'),
    record: join(folder, 'server.json'),
    settings: join(folder, 'settings.json'),
    logins: join(folder, LOGINS_FILE),
    verifiers: join(folder, 'verifiers.json'),
    lock: join(folder, 'lock'),
    socketFolder: join(placement.socketFolder, name.slice(name.indexOf('_') + 1)),
    cluster: `${name}-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`,
  }
}

/** Who runs a data directory, and by which recipe (settings and release) it was started. */
export interface ServerRecord extends ProcessIdentity {
  recipe: string
}

export function readRecord(path: string): ServerRecord | null {
  try {
    const { pid, startTime, recipe } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    if (!isPid(pid) || typeof startTime !== 'string' || typeof recipe !== 'string') return null
    return { pid, startTime, recipe }
  } catch {
    return null
  }
}

export interface PidFile {
  pid: number
  status: string
}

/** The longest path of a folder and eight short lines. */
const PID_FILE_BYTES = 8192

/**
 * postmaster.pid: pid, data directory, start, port, socket folder, address, shared memory, status; one a line. The pid is
 * the server's own view: in a PID namespace of its own it is 1.
 */
export function readPidFile(data: string): PidFile | null {
  try {
    const lines = (readSmallFile(data, 'postmaster.pid', PID_FILE_BYTES)?.toString() ?? '').split('\n')
    const pid = Number(lines[0])
    return Number.isInteger(pid) && pid > 0 ? { pid, status: (lines[7] ?? '').trim() } : null
  } catch {
    return null
  }
}

function isPid(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 1
}

const LAST_LINES_BYTES = 8 * 1024

/** The last lines of a log, which may be of any length: what a database's processes say goes there. */
export function lastLines(path: string): string {
  const text = readFileEnd(path, LAST_LINES_BYTES).trim()
  return text === '' ? 'it left no word in its log' : text.split('\n').slice(-4).join(' / ')
}

/** Copies a stopped cluster, sharing blocks where the file system can; what is not urgent yields to whatever else runs. */
export async function copyFolder(from: string, to: string, { isUrgent = true } = {}): Promise<void> {
  // A child process: Node's own recursive copy takes several times as long for a thousand small files.
  const copy = process.platform === 'linux' ? ['cp', '-a', '--reflink=auto'] : ['cp', '-Rpc']
  const [command = '', ...args] = isUrgent ? copy : ['nice', '-n', '10', ...copy]
  await run(command, [...args, from, to])
}

/** Puts a finished draft in its place, all or nothing; durable once it resolves. */
export async function publishFolder(draft: string, folder: string): Promise<void> {
  // Postgres does not sync a cleanly stopped data directory when it starts, so a copy has to reach the disk first.
  await run('sync', process.platform === 'linux' ? ['-f', draft] : [])
  renameSync(draft, folder)
  await syncFolder(dirname(folder))
}

/** Makes durable what was made, renamed or removed in a folder. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Writes a file of secrets, all or nothing; durable once it resolves. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.tmp`
  const handle = await open(draft, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  renameSync(draft, path)
  await syncFolder(dirname(path))
}

/**
 * Removes what nobody but the service has written; `removeServerTree` is for the rest. Tries again where a process that is just
 * ending still writes there.
 */
export function removeTree(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
