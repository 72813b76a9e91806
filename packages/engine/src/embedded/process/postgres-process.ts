/** One Postgres server: started on a data directory, found again after a crash of ours, and stopped. */
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, lstatSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from '../../errors.ts'
import { type DatabaseSettings, DEFAULT_SETTINGS } from '../../settings.ts'
import { run } from '../cluster/files.ts'
import { makeFolder, makeServerFolder, makeSocketRoot, type Placement } from '../cluster/placement.ts'
import { removeServerTree } from '../cluster/removal.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { ownerOf, type ServerIds } from '../cluster/users.ts'
import { removeGroups } from '../sandbox/control-groups.ts'
import { lockHolder } from '../sandbox/lock-holder.ts'
import { removeFile } from '../sandbox/safe-files.ts'
import type { ServerLogins } from '../sql/logins.ts'
import { withNewLog } from '../storage/log-file.ts'
import { commonSettings, toArguments } from './command-line.ts'
import { launchProgram } from './launch.ts'
import { PORT, serverSettings } from './postgres-settings.ts'
import {
  childOf,
  findByTitle,
  isAlive,
  type ProcessEntry,
  type ProcessIdentity,
  readProcess,
} from './processes.ts'
import { HBA } from './server-paths.ts'
import { lastLines, type ProcessRecord, readPidFile, readRecord } from './server-record.ts'
import { ensureLogins } from './single-user.ts'

/** A server that lives is given this long to replay its WAL; killed earlier, it would begin anew each time. */
const RECOVERY_LIMIT_MS = 10 * 60_000
const POLL_MS = 5
const RETRY_MS = 100
const RETRIES = 20

/** Where a server listens, and what our own logins need. */
export interface ServerAccess {
  socketFolder: string
  logins: ServerLogins
  /** Ends every session of ours with it at once. */
  signal?: AbortSignal
}

export interface RunningServer extends ProcessIdentity, ServerAccess {
  /** Tells this run of the server from any other. */
  epoch: string
}

export interface StartOptions {
  /** Of a tenant's database, whose server yields to the service's own processes. Left out for the service's servers. */
  settings?: DatabaseSettings
  /** Postgres' settings in the place of the usual ones. */
  overrides?: Readonly<Record<string, string>>
  /** A folder of WAL for a recovery, which the server sees as `WAL_SOURCE`. */
  walSource?: string | null
  /** Left out: yes. Of a recovery, in which nobody logs in. */
  hasLogins?: boolean
  signal?: AbortSignal
  /** Told of each first process of the start. */
  onLaunched?: (child: ChildProcess) => void
}

/** Starts Postgres on a data directory and waits until it accepts connections. Ends what is left of an earlier run. */
export async function startServer(
  placement: Placement,
  files: ServerFiles,
  options: StartOptions = {},
): Promise<RunningServer> {
  const ids = await takeOwnership(placement, files)
  makeSocketRoot(placement)
  for (let attempt = 1; ; attempt++) {
    await endSurvivor(files)
    // Its own processes could have asked for a recovery, in which Postgres runs commands before it serves.
    if (options.walSource === undefined)
      for (const name of SIGNALS) removeFile(files.folder, basename(files.data), name)
    await removeServerTree(placement, files.socketFolder)
    makeServerFolder(files.socketFolder, ids)
    const { settings, overrides, hasLogins = true, signal, onLaunched } = options
    const single = { ids, settings, overrides, signal, onLaunched }
    const logins = hasLogins ? await ensureLogins(placement, files, single) : NO_LOGINS
    const child = launch(placement, files, ids, options)
    const outcome = await untilReady(placement, child, files, options.signal)
    if (outcome.kind === 'ready') {
      closeSocketFolder(files, ids)
      writeRecord(files, { ...outcome.identity, fingerprint: fingerprintOf(placement, options.settings) })
      return running(files, outcome.identity, logins)
    }
    // What a killed postmaster left may need a moment to go; until then its shared memory and lock are in use.
    const isBusy = /shared memory block|lock file|sandbox: lock/.test(outcome.failure)
    if (attempt >= RETRIES || !isBusy || options.signal?.aborted) throw startError(outcome.failure)
    await sleep(RETRY_MS)
  }
}

/** Files by which Postgres begins a recovery (docs: "Archive Recovery"). */
const SIGNALS = ['recovery.signal', 'standby.signal']

const NO_LOGINS: ServerLogins = {
  password: () => {
    throw new EngineError('failed', 'nobody logs in to a server that recovers')
  },
}

/**
 * As root, gives the files of a server to a user of its own: those of an earlier release, and of copies, are another's.
 * Nothing runs on them now.
 */
export async function takeOwnership(placement: Placement, files: ServerFiles): Promise<ServerIds | null> {
  const owner = ownerOf(placement.users, files.data)
  const ids = placement.users ? (owner ?? placement.users.allocate()) : null
  makeFolder(files.folder, ids)
  makeServerFolder(files.inbox, ids)
  if (ids && owner === null) {
    await endSurvivor(files)
    await giveFiles(files, ids)
  }
  return ids
}

/** Of a link chown changes the link alone. What lies in the archive is ours. */
async function giveFiles({ data, inbox, archive, folder }: ServerFiles, ids: ServerIds): Promise<void> {
  const bases = join(folder, 'bases')
  const theirs = [
    data,
    inbox,
    ...(existsSync(bases) ? readdirSync(bases).map((name) => join(bases, name, 'data')) : []),
  ]
  const give = (paths: string[], { uid, gid }: ServerIds) =>
    run('chown', ['-R', '-h', `${uid}:${gid}`, ...paths.filter(existsSync)])
  await give(theirs, ids)
  if (!existsSync(archive)) return
  await give([archive], { uid: 0, gid: 0 })
  await run('chmod', ['-R', 'u=rwX,go=rX', archive])
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

/** Where a server that recovers finds the WAL of `walSource`. */
export const WAL_SOURCE = '/db/wal'

function launch(
  placement: Placement,
  files: ServerFiles,
  ids: ServerIds | null,
  { settings: own, overrides, walSource = null, onLaunched }: StartOptions,
): ChildProcess {
  writeHba(files)
  const settings = { ...commonSettings(placement, files, own), ...overrides }
  const child = withNewLog(files.log, (log) =>
    launchProgram(placement, files, 'postgres', toArguments(placement, files, settings), {
      ids,
      settings: own,
      log,
      readable: walSource === null ? [] : [{ source: walSource, path: WAL_SOURCE }],
      onLaunched,
    }),
  )
  child.unref()
  // As soon as there is a process, so that no crash of ours leaves one without a name.
  const launched = child.pid === undefined ? null : readProcess(child.pid)
  if (launched) writeRecord(files, { ...identity(launched), fingerprint: LAUNCHING })
  return child
}

/** Stands in for a fingerprint. Such a process is not taken over, since it may not be a server yet. */
const LAUNCHING = 'launching'

/** For servers outside of a sandbox, which holds a file of its own. Written anew at each start. */
function writeHba({ hba }: ServerFiles): void {
  writeFileSync(hba, HBA)
  chmodSync(hba, 0o644)
}

type StartOutcome = { kind: 'ready'; identity: ProcessIdentity } | { kind: 'failed'; failure: string }

/** Ready once the postmaster's own pid file says so; else why it is not coming. */
async function untilReady(
  { isolation }: Placement,
  child: ChildProcess,
  files: ServerFiles,
  signal?: AbortSignal,
): Promise<StartOutcome> {
  let failure: string | undefined
  child.once('error', (error) => {
    failure = error.message
  })
  // In a sandbox the postmaster is the first process, and a child of the program that made its namespaces.
  const isSandboxed = isolation.state === 'on'
  const pidInFile = isSandboxed ? 1 : child.pid
  for (const end = Date.now() + RECOVERY_LIMIT_MS; Date.now() < end; await sleep(POLL_MS)) {
    if (failure !== undefined) return { kind: 'failed', failure }
    if (child.exitCode !== null || child.signalCode !== null)
      return { kind: 'failed', failure: lastLines(files.log) }
    const pidFile = readPidFile(files.data)
    if (pidFile?.pid === pidInFile && pidFile?.status === 'ready') {
      const postmaster = isSandboxed ? childOf(child.pid ?? 0) : readProcess(child.pid ?? 0)
      if (postmaster) return { kind: 'ready', identity: identity(postmaster) }
    }
    if (!signal?.aborted) continue
    await endSurvivor(files)
    throw new EngineError('unavailable', 'the database was stopped while it was starting')
  }
  await endSurvivor(files)
  const seconds = RECOVERY_LIMIT_MS / 1000
  return { kind: 'failed', failure: `not ready within ${seconds} s; ${lastLines(files.log)}` }
}

/**
 * As root: from now on the server's user can connect to its socket, but puts nothing else in its place. It is the
 * postmaster's own, and nothing of a tenant's has run yet.
 */
function closeSocketFolder({ socketFolder }: ServerFiles, ids: ServerIds | null): void {
  if (ids) {
    chownSync(socketFolder, 0, ids.gid)
    chmodSync(socketFolder, 0o710)
  }
  if (lstatSync(join(socketFolder, `.s.PGSQL.${PORT}`), { throwIfNoEntry: false })?.isSocket()) return
  throw new EngineError('failed', 'PostgreSQL did not start', { cause: new Error('its socket is none') })
}

function writeRecord(files: ServerFiles, { fingerprint: recipe, ...identity }: ProcessRecord): void {
  writeFileSync(files.record, JSON.stringify({ ...identity, recipe }))
}

function identity({ pid, startTime }: ProcessIdentity): ProcessIdentity {
  return { pid, startTime }
}

/** A server that another release started, or with other settings, is not taken over but started anew. */
function fingerprintOf(
  { postgres, extensionFolder, isolation }: Placement,
  own: DatabaseSettings = DEFAULT_SETTINGS,
): string {
  const settings = serverSettings(own)
  const inputs = JSON.stringify([postgres.folder, extensionFolder, isolation.state, HBA, settings])
  return createHash('sha256').update(inputs).digest('hex').slice(0, 12)
}

function running(
  { socketFolder }: ServerFiles,
  { pid, startTime }: ProcessIdentity,
  logins: ServerLogins,
): RunningServer {
  return { pid, startTime, epoch: `${pid}-${startTime}`, socketFolder, logins }
}

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
  return running(files, known, logins)
}

/**
 * Ends whatever runs this data directory, ready or not. A pid file without its postmaster means that one was killed: outside
 * of a sandbox its backends are ended too, since a busy one notices nothing and keeps the shared memory. The file goes, since
 * Postgres would not start where its pid is a stranger's by now.
 */
export async function endSurvivor(files: ServerFiles): Promise<void> {
  const known = readRecord(files.record)
  if (known && isAlive(known)) await stopServer(postmasterOf(known))
  const holder = lockHolder(files.lock)
  if (holder) await stopServer(holder)
  const pid = readPidFile(files.data)?.pid
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

type StopStep = readonly [signal: NodeJS.Signals, limitMs: number]

const IMMEDIATELY: readonly StopStep[] = [
  ['SIGQUIT', 1_000],
  ['SIGKILL', 1_000],
]
/** SIGINT is the fast shutdown: clients are disconnected, and a checkpoint makes the next start quick. */
const STOPS = {
  /** With all that it started, and without a word to it. */
  hard: [['SIGKILL', 5_000]],
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
