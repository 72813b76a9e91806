import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, closeSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { joinCpuGroup, leaveCpuGroup } from './cpu-group.ts'
import { EngineError } from './engine.ts'
import {
  lastLines,
  readPidFile,
  readRecord,
  rotateLog,
  type ServerFiles,
  type ServerRecord,
  sleep,
} from './files.ts'
import { makeFolder, makeServerFolder, makeSocketRoot, type Placement } from './placement.ts'
import { OOM_ENVIRONMENT, yieldToOthers } from './priority.ts'
import { findByTitle, isAlive, type ProcessEntry, type ProcessIdentity, readProcess } from './processes.ts'
import { type DatabaseSettings, DEFAULT_SETTINGS, serverSettings } from './settings.ts'

/** A server that lives is given this long to replay its WAL; killed earlier, it would begin anew each time. */
const RECOVERY_LIMIT_MS = 10 * 60_000
const POLL_MS = 5
const RETRY_MS = 100
const RETRIES = 20

export interface RunningServer extends ProcessIdentity {
  /** Tells this run of the server from any other. */
  epoch: string
  socketFolder: string
}

export interface StartOptions {
  /** Of a tenant's database, whose server yields to the service's own processes. Left out for the service's servers. */
  settings?: DatabaseSettings
  /** Postgres' settings in the place of the usual ones: of a server that no client reaches. */
  overrides?: Readonly<Record<string, string>>
  signal?: AbortSignal
}

/** Starts Postgres on a data directory and waits until it accepts connections. Ends what is left of an earlier run. */
export async function startServer(
  placement: Placement,
  files: ServerFiles,
  options: StartOptions = {},
): Promise<RunningServer> {
  makeFolder(files.folder, placement.user)
  makeSocketRoot(placement)
  for (const folder of [files.socketFolder, files.archive]) makeServerFolder(folder, placement.user)
  for (let attempt = 1; ; attempt++) {
    await endSurvivor(files)
    const child = launch(placement, files, options)
    const failure = await untilReady(child, files, options.signal)
    if (failure === null) return running(files, identityOf(child))
    // What a killed postmaster left may need a moment to go; until then its shared memory and lock are in use.
    const isBusy = /shared memory block|lock file/.test(failure)
    if (attempt >= RETRIES || !isBusy) throw startError(failure)
    await sleep(RETRY_MS)
  }
}

/** The message is for users; the log's last lines, which name paths, are its cause. */
function startError(failure: string): EngineError {
  return new EngineError('failed', 'PostgreSQL did not start', { cause: new Error(failure) })
}

/** For what only who runs the product sees: the start's error with the log's last lines in its message. */
export function toOperatorError(error: unknown): unknown {
  if (!(error instanceof EngineError) || !(error.cause instanceof Error)) return error
  return new EngineError(error.code, `${error.message}: ${error.cause.message}`, { cause: error })
}

function launch(
  placement: Placement,
  files: ServerFiles,
  { settings: own, overrides }: StartOptions,
): ChildProcess {
  // Outside the data directory and written anew at each start. The socket's folder is private; who may log in as whom
  // is the data proxy's to decide.
  writeFileSync(files.hba, 'local all all trust\n')
  chmodSync(files.hba, 0o644)
  rotateLog(files.log)
  const log = openSync(files.log, 'w', 0o600)
  const settings = {
    ...serverSettings(own ?? DEFAULT_SETTINGS),
    unix_socket_directories: files.socketFolder,
    'basic_archive.archive_directory': files.archive,
    hba_file: files.hba,
    cluster_name: files.cluster,
    ...overrides,
  }
  try {
    const child = spawn(
      join(placement.bundle.folder, 'bin', 'postgres'),
      ['-D', files.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      {
        cwd: '/',
        stdio: ['ignore', log, log],
        env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin', ...(own && OOM_ENVIRONMENT) },
        // A group of its own: a terminal's Ctrl-C must not end Postgres before the stack has.
        detached: true,
        ...(placement.user ?? {}),
      },
    )
    child.unref()
    if (own && child.pid !== undefined) {
      yieldToOthers(child.pid)
      // Not waited for: the kernel takes its time, and sessions come later.
      void joinCpuGroup(files.cluster, child.pid)
    }
    writeRecord(placement, files, child, own)
    return child
  } finally {
    closeSync(log)
  }
}

/** Null once the postmaster's own pid file says ready; else why it is not coming. */
async function untilReady(
  child: ChildProcess,
  files: ServerFiles,
  signal?: AbortSignal,
): Promise<string | null> {
  let failed: string | undefined
  child.once('error', (error) => {
    failed = error.message
  })
  for (const end = Date.now() + RECOVERY_LIMIT_MS; Date.now() < end; await sleep(POLL_MS)) {
    if (failed !== undefined) return failed
    if (child.exitCode !== null || child.signalCode !== null) return lastLines(files.log)
    const pidFile = readPidFile(files.data)
    if (pidFile?.pid === child.pid && pidFile?.status === 'ready') return null
    if (!signal?.aborted) continue
    await endSurvivor(files)
    throw new EngineError('unavailable', 'the database was stopped while it was starting')
  }
  await endSurvivor(files)
  return `not ready within ${RECOVERY_LIMIT_MS / 1000} s; ${lastLines(files.log)}`
}

/** Written as soon as there is a process, so that no crash of ours leaves one without a name. */
function writeRecord(
  placement: Placement,
  files: ServerFiles,
  child: ChildProcess,
  own: DatabaseSettings | undefined,
): void {
  if (child.pid === undefined) return
  const content: ServerRecord = { ...identityOf(child), recipe: recipeOf(placement, own) }
  writeFileSync(files.record, JSON.stringify(content))
}

function identityOf(child: ChildProcess): ProcessIdentity {
  const entry = child.pid === undefined ? null : readProcess(child.pid)
  if (!entry) throw new EngineError('failed', 'PostgreSQL ended right after it started')
  return { pid: entry.pid, startTime: entry.startTime }
}

/** A server that another release started, or with other settings, is not taken over but started anew. */
function recipeOf(placement: Placement, own: DatabaseSettings = DEFAULT_SETTINGS): string {
  const recipe = JSON.stringify([placement.bundle.version, serverSettings(own)])
  return createHash('sha256').update(recipe).digest('hex').slice(0, 12)
}

function running(files: ServerFiles, { pid, startTime }: ProcessIdentity): RunningServer {
  return { pid, startTime, epoch: `${pid}-${startTime}`, socketFolder: files.socketFolder }
}

/** The server that survived a crash of ours: pid, start time and data folder have to agree, or it is none of ours. */
export function findSurvivor(
  placement: Placement,
  files: ServerFiles,
  settings?: DatabaseSettings,
): RunningServer | null {
  const known = readRecord(files.record)
  const entry = known && readProcess(known.pid)
  if (!entry || entry.startTime !== known.startTime || !isPostmaster(entry, files)) return null
  const pidFile = readPidFile(files.data)
  const isReady = pidFile?.pid === known.pid && pidFile.status === 'ready'
  return isReady && known.recipe === recipeOf(placement, settings) ? running(files, known) : null
}

/**
 * Ends whatever runs this data directory, ready or not. A pid file that nobody's postmaster owns means that one was
 * killed: its backends are ended too, since a busy one notices nothing and keeps the shared memory, and the file goes,
 * since Postgres would not start where its pid is a stranger's by now.
 */
export async function endSurvivor(files: ServerFiles): Promise<void> {
  for (const pid of [readRecord(files.record)?.pid, readPidFile(files.data)?.pid]) {
    const entry = pid === undefined ? null : readProcess(pid)
    if (entry && isPostmaster(entry, files)) await stopServer(entry)
  }
  if (readPidFile(files.data)) {
    await endOrphans(files)
    rmSync(join(files.data, 'postmaster.pid'), { force: true })
  }
  await leaveCpuGroup(files.cluster)
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

type StopStep = readonly [signal: NodeJS.Signals, limitMs: number]

const IMMEDIATELY: readonly StopStep[] = [
  ['SIGQUIT', 1_000],
  ['SIGKILL', 1_000],
]
/** SIGINT is the fast shutdown: clients are disconnected, and a checkpoint makes the next start quick. */
const STOPS = {
  /** Without a checkpoint, for data that goes anyway. */
  immediate: IMMEDIATELY,
  /** While somebody waits for the stack to end. */
  prompt: [['SIGINT', 3_000], ...IMMEDIATELY],
  /** Nobody waits: the checkpoint takes its time. */
  patient: [['SIGINT', 60_000], ...IMMEDIATELY],
} satisfies Record<string, readonly StopStep[]>

/** Ends a server; nothing committed is lost. */
export async function stopServer(
  identity: ProcessIdentity,
  how: keyof typeof STOPS = 'prompt',
): Promise<void> {
  for (const [signal, limitMs] of STOPS[how]) {
    if (!isAlive(identity)) return
    sendSignal(identity.pid, signal)
    for (const end = Date.now() + limitMs; Date.now() < end; await sleep(POLL_MS))
      if (!isAlive(identity)) return
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended by itself.
  }
}
