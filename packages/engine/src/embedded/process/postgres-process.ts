/** Starts one Postgres server on a data directory. */
import type { ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, lstatSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ProcessIdentity, readProcess } from '@db9/process/processes'
import { EngineError } from '../../errors.ts'
import type { DatabaseSettings } from '../../settings.ts'
import { makeServerFolder, makeSocketRoot } from '../cluster/own-folders.ts'
import type { Placement } from '../cluster/placement.ts'
import { removeServerTree } from '../cluster/removal.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import type { ServerIds } from '../cluster/users.ts'
import { removeFile } from '../sandbox/safe-files.ts'
import type { ServerLogins } from '../sql/logins.ts'
import { withNewLog } from '../storage/log-file.ts'
import { commonSettings, toArguments } from './command-line.ts'
import { launchProgram } from './launch.ts'
import { takeOwnership } from './ownership.ts'
import { PORT } from './postgres-settings.ts'
import { childOf } from './processes.ts'
import { fingerprintOf, type RunningServer, toRunningServer } from './running-server.ts'
import { HBA } from './server-paths.ts'
import { LAUNCHING, lastLines, readPidFile, writeRecord } from './server-record.ts'
import { ensureLogins } from './single-user.ts'
import { endSurvivor } from './survivors.ts'

/** A server that lives may replay its WAL for this long: killed earlier, it would begin anew each time. */
const RECOVERY_LIMIT_MS = 10 * 60_000
const POLL_MS = 2
const RETRY_MS = 100
const RETRIES = 20

export interface StartOptions {
  /** Settings of an owner's database, whose server has less priority than the service. Left out for the service's own servers. */
  settings?: DatabaseSettings
  /** Postgres' settings in the place of the usual ones. */
  overrides?: Readonly<Record<string, string>>
  /**
   * A folder of WAL for a recovery, which the server sees as `WAL_SOURCE`; null: a recovery that needs no folder. Left out: no
   * recovery, and files that ask for one are removed.
   */
  walSource?: string | null
  /** Whether our own roles log in to it. Left out: yes; false for a recovery. */
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
    await endSurvivor(files, { isLockRead: attempt > 1 })
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
      writeRecord(files.record, {
        ...outcome.identity,
        fingerprint: fingerprintOf(placement, options.settings),
      })
      return toRunningServer(files, outcome.identity, logins)
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
  if (launched) writeRecord(files.record, { ...identity(launched), fingerprint: LAUNCHING })
  return child
}

/** For servers outside of a sandbox, which holds a file of its own. Written anew at each start. */
function writeHba({ hba }: ServerFiles): void {
  writeFileSync(hba, HBA)
  chmodSync(hba, 0o644)
}

/** Tells a process from a later one with the same pid. */
function identity({ pid, startTime }: ProcessIdentity): ProcessIdentity {
  return { pid, startTime }
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
 * postmaster's own, and nothing of an owner's has run yet.
 */
function closeSocketFolder({ socketFolder }: ServerFiles, ids: ServerIds | null): void {
  if (ids) {
    chownSync(socketFolder, 0, ids.gid)
    chmodSync(socketFolder, 0o710)
  }
  if (lstatSync(join(socketFolder, `.s.PGSQL.${PORT}`), { throwIfNoEntry: false })?.isSocket()) return
  throw new EngineError('failed', 'PostgreSQL did not start', { cause: new Error('its socket is none') })
}
