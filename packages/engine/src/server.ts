import { type ChildProcess, spawn } from 'node:child_process'
import {
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { EngineError } from './engine.ts'
import type { Placement } from './placement.ts'
import { isAlive, type ProcessIdentity, readProcess } from './processes.ts'

/** Part of the socket's name; nothing listens on TCP. */
export const PORT = 5432

/** Small settings for many servers on one machine; on the command line they win over whatever a tenant sets. */
const SETTINGS: Record<string, string> = {
  listen_addresses: '',
  port: String(PORT),
  unix_socket_permissions: '0700',
  shared_buffers: '16MB',
  max_connections: '50',
  superuser_reserved_connections: '5',
  io_method: 'sync',
  max_worker_processes: '2',
  max_parallel_workers: '0',
  autovacuum_worker_slots: '2',
  autovacuum_max_workers: '2',
  max_logical_replication_workers: '0',
  jit: 'off',
  // systemd removes System V and POSIX shared memory of users that log out.
  dynamic_shared_memory_type: 'mmap',
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track_utility': 'off',
  // Tenants' statements and values are nobody's to read in a log.
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  log_min_messages: 'fatal',
  logging_collector: 'off',
}

/** Connections that the data proxy may hold: the server's, less those kept for the superuser. */
export const CLIENT_CONNECTIONS = 45

const START_TIMEOUT_MS = 30_000
const FAST_STOP_MS = 3_000
const POLL_MS = 5

export interface RunningServer extends ProcessIdentity {
  /** Tells this run of the server from any other. */
  epoch: string
  socketFolder: string
}

/** The files of one server, whether it runs or not. */
export interface ServerFiles {
  /** Postgres' data directory. */
  data: string
  /** Its private folder of the socket. */
  socketFolder: string
  log: string
  /** Names the process, for the start after a crash. */
  record: string
}

export function serverFiles(placement: Placement, name: string): ServerFiles {
  const folder = join(placement.dataFolder, name)
  return {
    data: join(folder, 'data'),
    log: join(folder, 'postgres.log'),
    record: join(folder, 'server.json'),
    socketFolder: join(placement.socketFolder, name.slice(name.indexOf('_') + 1)),
  }
}

/** Starts Postgres on a data directory and waits until it accepts connections. */
export async function startServer(placement: Placement, files: ServerFiles): Promise<RunningServer> {
  clearStalePidFile(files)
  makeSocketFolder(placement, files.socketFolder)
  for (let attempt = 1; ; attempt++) {
    const child = launch(placement, files)
    const failure = await untilReady(child, files)
    if (failure === null) return remember(files, child)
    // Backends of a killed postmaster need a moment to notice; until then its shared memory is in use.
    if (attempt < 20 && failure.includes('shared memory block')) await sleep(100)
    else throw new EngineError('failed', `PostgreSQL did not start: ${failure}`)
  }
}

function launch(placement: Placement, files: ServerFiles): ChildProcess {
  const hba = join(dirname(files.record), 'hba.conf')
  // Outside the data directory and written anew at each start. The socket's folder is private; who may log in as whom
  // is the data proxy's to decide.
  writeFileSync(hba, 'local all all trust\n', { mode: 0o644 })
  const log = openSync(files.log, 'w', 0o600)
  if (placement.user) chownSync(files.log, placement.user.uid, placement.user.gid)
  const settings = { ...SETTINGS, unix_socket_directories: files.socketFolder, hba_file: hba }
  try {
    const child = spawn(
      join(placement.bundle.folder, 'bin', 'postgres'),
      ['-D', files.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      {
        cwd: '/',
        stdio: ['ignore', log, log],
        env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
        // A group of its own: a terminal's Ctrl-C must not end Postgres before the stack has.
        detached: true,
        ...(placement.user ?? {}),
      },
    )
    child.unref()
    return child
  } finally {
    closeSync(log)
  }
}

/** Null once the postmaster's own pid file says ready; else why it is not coming. */
async function untilReady(child: ChildProcess, files: ServerFiles): Promise<string | null> {
  let failed: string | undefined
  child.once('error', (error) => {
    failed = error.message
  })
  for (const end = Date.now() + START_TIMEOUT_MS; Date.now() < end; await sleep(POLL_MS)) {
    if (failed !== undefined) return failed
    if (child.exitCode !== null || child.signalCode !== null) return lastLines(files.log)
    const pidFile = readPidFile(files.data)
    if (pidFile?.pid === child.pid && pidFile?.status === 'ready') return null
  }
  child.kill('SIGKILL')
  return `not ready within ${START_TIMEOUT_MS / 1000} s; ${lastLines(files.log)}`
}

function remember(files: ServerFiles, child: ChildProcess): RunningServer {
  const entry = child.pid === undefined ? null : readProcess(child.pid)
  if (!entry) throw new EngineError('failed', 'PostgreSQL ended right after it started')
  const identity = { pid: entry.pid, startTime: entry.startTime }
  writeFileSync(files.record, JSON.stringify(identity))
  return running(files, identity)
}

function running(files: ServerFiles, identity: ProcessIdentity): RunningServer {
  return { ...identity, epoch: `${identity.pid}-${identity.startTime}`, socketFolder: files.socketFolder }
}

/** The server that survived a crash of ours: pid, start time and data folder have to agree, or it is none of ours. */
export function findSurvivor(files: ServerFiles): RunningServer | null {
  const identity = readRecord(files.record)
  const entry = identity && readProcess(identity.pid)
  if (!identity || entry?.startTime !== identity.startTime || !entry.args.includes(files.data)) return null
  const pidFile = readPidFile(files.data)
  return pidFile?.pid === identity.pid && pidFile.status === 'ready' ? running(files, identity) : null
}

/** Ends any postmaster whose command line names this data directory, ready or not. */
export async function endSurvivor(files: ServerFiles): Promise<void> {
  for (const pid of [readRecord(files.record)?.pid, readPidFile(files.data)?.pid]) {
    const entry = pid === undefined ? null : readProcess(pid)
    if (entry?.args.includes(files.data)) await stopServer(entry)
  }
}

/** Fast shutdown, then immediate, then SIGKILL: clients are disconnected, nothing committed is lost. */
export async function stopServer(identity: ProcessIdentity): Promise<void> {
  for (const [signal, limitMs] of [
    ['SIGINT', FAST_STOP_MS],
    ['SIGQUIT', 1_000],
    ['SIGKILL', 1_000],
  ] as const) {
    if (!isAlive(identity)) return
    try {
      process.kill(identity.pid, signal)
    } catch {
      return
    }
    for (const end = Date.now() + limitMs; Date.now() < end; await sleep(POLL_MS))
      if (!isAlive(identity)) return
  }
}

interface PidFile {
  pid: number
  status: string
}

/** postmaster.pid: pid, data directory, start, port, socket folder, address, shared memory, status; one a line. */
function readPidFile(data: string): PidFile | null {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), status: (lines[7] ?? '').trim() }
  } catch {
    return null
  }
}

/** A pid file whose pid now belongs to a stranger would keep Postgres from starting. */
function clearStalePidFile(files: ServerFiles): void {
  const pidFile = readPidFile(files.data)
  if (pidFile && !readProcess(pidFile.pid)?.args.includes(files.data)) {
    rmSync(join(files.data, 'postmaster.pid'), { force: true })
  }
}

function makeSocketFolder(placement: Placement, folder: string): void {
  if (existsSync(folder) && !lstatSync(folder).isDirectory()) rmSync(folder)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (placement.user) chownSync(folder, placement.user.uid, placement.user.gid)
}

function readRecord(path: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity
  } catch {
    return null
  }
}

function lastLines(path: string): string {
  const text = existsSync(path) ? readFileSync(path, 'utf8').trim() : ''
  return text === '' ? 'it left no word in its log' : text.split('\n').slice(-4).join(' / ')
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
