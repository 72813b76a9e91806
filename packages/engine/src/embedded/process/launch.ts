/** Starts Postgres' programs on the files of one server, in its sandbox. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSettings } from '../../settings.ts'
import type { Placement } from '../cluster/placement.ts'
import type { PostgresInstall } from '../cluster/postgres-install.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import type { ServerIds } from '../cluster/users.ts'
import { joinGroups, makeGroups } from '../sandbox/control-groups.ts'
import { type Mount, NOTHING_SHOWN, type SandboxSpec, toLaunch } from '../sandbox/sandbox.ts'
import { memoryLimit, processLimit } from './postgres-settings.ts'
import { yieldToOthers } from './priority.ts'
import { HBA, pathsOf } from './server-paths.ts'

/** Where the cores are short, gateway, proxy and control API go before an owner's server. */
const NICE = 5
/** Where memory is short, the kernel ends an owner's server before any part of the service. */
const OOM_SCORE = 500
const TEMPORARY_BYTES = 64 * 2 ** 20
/** Of one process; Postgres itself is told to keep fewer files open. */
const OPEN_FILES = 512

export interface LaunchOptions {
  ids: ServerIds | null
  /** Of an owner's database. Left out for the service's own servers, which are not limited. */
  settings?: DatabaseSettings | undefined
  /** Folders that the program may read beside its own. */
  readable?: readonly Mount[]
  /** Takes the program's output, a descriptor; left out, it can be read from the child. */
  log?: number
  /** Told of the program's first process, which has not begun yet. */
  onLaunched?: ((child: ChildProcess) => void) | undefined
}

/**
 * The environment of Postgres' own programs: nothing of ours. They find their libraries beside them by /proc, which a
 * sandbox does not have (docs: ld.so(8), "$ORIGIN").
 */
export function postgresEnvironment({ folder }: Pick<PostgresInstall, 'folder'>): Record<string, string> {
  return { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin', LD_LIBRARY_PATH: join(folder, 'lib') }
}

/** Starts a program of the install, `postgres` or `initdb`, with the server's own folders and nothing else in sight. */
export function launchProgram(
  placement: Placement,
  files: ServerFiles,
  program: 'postgres' | 'initdb',
  args: readonly string[],
  { ids, settings, readable = [], log, onLaunched }: LaunchOptions,
): ChildProcess {
  prepareLock(files.lock)
  const command = { file: join(placement.postgres.folder, 'bin', program), args: [...args] }
  const spec = specOf(placement, files, { ids, settings, readable })
  const launch = toLaunch(placement.isolation, spec, command)
  const child = spawn(launch.file, launch.args, {
    ...launch.options,
    cwd: '/',
    stdio: log === undefined ? ['pipe', 'pipe', 'pipe'] : ['ignore', log, log],
    env: postgresEnvironment(placement.postgres),
    // A group of its own: a terminal's Ctrl-C must not end Postgres before the stack has.
    detached: true,
  })
  // What the steps of a sandbox do before the program starts, as far as it can be done from outside.
  if (placement.isolation.state === 'off' && settings && child.pid !== undefined) {
    yieldToOthers(child.pid)
    joinGroups(spec.controlGroups, child.pid)
  }
  onLaunched?.(child)
  return child
}

/** A server has its lock open, and where the service is an ordinary user may have changed its mode as the owner. */
function prepareLock(path: string): void {
  if (existsSync(path)) chmodSync(path, LOCK_MODE)
  else writeFileSync(path, '', { flag: 'wx', mode: LOCK_MODE })
}

const LOCK_MODE = 0o600

function specOf(
  placement: Placement,
  files: ServerFiles,
  {
    ids,
    settings,
    readable,
  }: Required<Pick<LaunchOptions, 'ids' | 'readable'>> & Pick<LaunchOptions, 'settings'>,
): SandboxSpec {
  const paths = pathsOf(placement, files)
  const writable = (['data', 'socketFolder', 'inbox'] as const)
    .filter((name) => existsSync(files[name]))
    .map((name) => ({ source: files[name], path: paths[name] }))
  return {
    ...NOTHING_SHOWN,
    ids,
    root: placement.sandboxRoot,
    lock: files.lock,
    programs: [
      ...placement.postgres.folders.map((path) => ({ source: path, path })),
      // Libraries that the operator has added are there.
      { source: placement.extensionFolder, path: paths.extensions },
    ],
    readable,
    writable,
    files: [{ path: paths.hba, content: HBA }],
    temporaryBytes: TEMPORARY_BYTES,
    ...limitsOf(files, settings),
  }
}

/** What an owner's server may take; where control groups can be made, all of its processes together. */
function limitsOf(
  { cluster }: ServerFiles,
  settings: DatabaseSettings | undefined,
): Pick<SandboxSpec, 'limits' | 'controlGroups' | 'nice' | 'oomScore'> {
  const limits = { dataBytes: null, fileBytes: null, openFiles: OPEN_FILES, processes: null }
  if (!settings) return { limits, controlGroups: [], nice: 0, oomScore: 0 }
  const memoryBytes = memoryLimit(settings)
  const processes = processLimit(settings)
  const { files, limited } = makeGroups(cluster, { memoryBytes, processes })
  return {
    limits: {
      ...limits,
      // An error for the one statement that asks for too much, before the kernel ends a process of the group.
      dataBytes: Math.floor(memoryBytes / 2),
      processes: limited.has('pids') ? null : processes,
    },
    controlGroups: files,
    nice: NICE,
    oomScore: OOM_SCORE,
  }
}
