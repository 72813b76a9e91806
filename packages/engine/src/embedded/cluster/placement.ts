/** Where everything of one data folder lies, who owns it, and what runs it. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { EngineError } from '../../errors.ts'
import { type IsolationSetting, probeIsolation } from '../sandbox/probe.ts'
import { type Isolation, NOTHING_SHOWN, toLaunch } from '../sandbox/sandbox.ts'
import { LoginKey } from '../sql/logins.ts'
import { findInstalls, type PostgresInstall, type UnusableInstall } from './postgres-install.ts'
import { defaultRange, isMapped, type ServerIds, type ServerUsers, type UidRange, usersFor } from './users.ts'
import { ensureVisibleExtensions } from './visible-extensions.ts'

export interface Placement {
  postgres: PostgresInstall
  /** Installations that were found and are not used. */
  passedOver: readonly UnusableInstall[]
  /** What `extension_control_path` names. */
  extensionFolder: string
  isolation: Isolation
  /** As root: who servers run as. Null: all run as whoever runs this process. */
  users: ServerUsers | null
  logins: LoginKey
  /** Holds one folder per database, and the metadata's. */
  dataFolder: string
  /** Holds each server's folder of its socket; short, since a socket's path ends at 107 bytes (macOS: 103). */
  socketFolder: string
  /** Empty; sandboxes are built over it, each in its own mount namespace. */
  sandboxRoot: string
  /** With less than this free on the volume nothing more is copied. */
  reserveBytes: number
}

export interface PlacementOptions {
  /** The installation's data folder. */
  home: string
  /** 32 bytes, hexadecimal: what the passwords of our own logins are derived from. */
  loginKey: string
  isolation?: IsolationSetting
  /** As root: the users that servers run as. */
  uidRange?: UidRange | null
  /** A folder of PostgreSQL binaries to consider beside those that are found. */
  postgresFolder?: string | null
  /** Told what takes long. */
  onProgress?: (text: string) => void
  /** Gives up what is made at the first start: nothing of it is left running. */
  signal?: AbortSignal
  /** What copies leave free on the volume. */
  reserveBytes?: number
}

const RESERVE_BYTES = 256 * 2 ** 20

const SYSTEM_FOLDER = '/var/lib/db9'
const SOCKET_PATH_MAX = process.platform === 'darwin' ? 103 : 107
/** Longest path below the socket folder: `/`, 26 characters, `/.s.PGSQL.5432`. */
const SOCKET_FOLDER_MAX = SOCKET_PATH_MAX - 1 - 26 - '/.s.PGSQL.5432'.length

/**
 * Decides where a data folder's servers live, and makes the folders. Postgres refuses to run as root: there, each server
 * has a user of its own. Where it cannot be given a view of its own of the file system, and a folder above `home` is closed
 * to it, all lives in `/var/lib/db9/<hash>`.
 */
export function placeServers({
  home,
  loginKey,
  isolation: setting = 'auto',
  uidRange = null,
  postgresFolder = null,
  onProgress = () => {},
  reserveBytes = RESERVE_BYTES,
}: PlacementOptions): Placement {
  const logins = new LoginKey(loginKey)
  const { chosen, others, unusable } = findInstalls(postgresFolder)
  const passedOver = [
    ...others.map(({ folder, version }) => ({ folder, reason: `it is ${version}, and not newer` })),
    ...unusable,
  ]
  // One name for one folder, however it was called: its servers are known by it.
  const real = realpathOfNearest(resolve(home))
  const hash = createHash('sha256').update(real).digest('hex')
  const common = { home: real, hash, logins, postgres: chosen, passedOver, setting, reserveBytes }
  return process.getuid?.() === 0
    ? placeAsRoot({ ...common, range: requireMapped(uidRange ?? defaultRange()), onProgress })
    : placeAsOrdinaryUser(common)
}

interface Common {
  home: string
  hash: string
  logins: LoginKey
  postgres: PostgresInstall
  passedOver: readonly UnusableInstall[]
  setting: IsolationSetting
  reserveBytes: number
}

function placeAsOrdinaryUser({ home, hash, setting, ...common }: Common): Placement {
  const sandboxRoot = join(home, 'sandbox')
  makeSharedFolder(sandboxRoot)
  const isolation = probeIsolation(setting, { root: sandboxRoot, ids: null })
  const dataFolder = join(home, 'pg')
  makeSharedFolder(dataFolder)
  const beside = join(home, 'run', 's')
  const socketFolder = isShort(beside) ? beside : `/tmp/db9-${process.getuid?.() ?? 0}-${hash.slice(0, 12)}`
  makeSharedFolder(socketFolder)
  const extensionFolder = ensureVisibleExtensions(common.postgres, dataFolder)
  return { ...common, extensionFolder, isolation, users: null, dataFolder, socketFolder, sandboxRoot }
}

function placeAsRoot({
  home,
  hash,
  setting,
  range,
  onProgress,
  ...common
}: Common & { range: UidRange; onProgress: (text: string) => void }): Placement {
  mkdirSync(home, { recursive: true, mode: 0o711 })
  const sandboxRoot = join(home, 'sandbox')
  makeSharedFolder(sandboxRoot)
  const someone = { uid: range.first, gid: range.first }
  const isolation = probeIsolation(setting, { root: sandboxRoot, ids: someone })
  const system = join(SYSTEM_FOLDER, hash.slice(0, 12))
  const own = isSystemPlaced({ home, system, isolation }) ? system : home
  openForPassage(own)
  const dataFolder = join(own, 'pg')
  makeSharedFolder(dataFolder)
  const beside = join(own, 's')
  const socketFolder = isShort(beside) ? beside : join(system, 's')
  makeSocketRoot({ socketFolder })
  const users = usersFor(dataFolder, range, Number.parseInt(hash.slice(0, 8), 16))
  const runner = { isolation, sandboxRoot, ids: someone }
  const postgres = reachableInstall(common.postgres, runner, onProgress)
  const extensionFolder = ensureVisibleExtensions(postgres, dataFolder)
  return { ...common, postgres, extensionFolder, isolation, users, dataFolder, socketFolder, sandboxRoot }
}

function requireMapped(range: UidRange): UidRange {
  if (isMapped(range)) return range
  throw new EngineError(
    'failed',
    `DB9_UID_RANGE is ${range.first}-${range.last}, which this system does not map whole (see /proc/self/uid_map)`,
  )
}

/**
 * Data that is there stays where it is, whatever the folders above allow now: an empty start would look like a loss. A
 * sandbox reaches its folders whatever lies above them.
 */
function isSystemPlaced({
  home,
  system,
  isolation,
}: {
  home: string
  system: string
  isolation: Isolation
}): boolean {
  if (existsSync(join(system, 'pg'))) return true
  if (isolation.state === 'on' || isReachable(dirname(home))) return false
  if (!existsSync(join(home, 'pg'))) return true
  throw new EngineError(
    'failed',
    `${join(home, 'pg')} holds databases, but a folder above it is closed to the users that run them; ` +
      `open it for passage (chmod o+x), or move the folder to ${join(system, 'pg')}`,
  )
}

function openForPassage(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  chmodSync(folder, (statSync(folder).mode & 0o7777) | 0o011)
  if (dirname(folder) === SYSTEM_FOLDER) chmodSync(SYSTEM_FOLDER, 0o711)
}

/** What starts programs as a server's user. */
export interface Runner {
  isolation: Isolation
  sandboxRoot: string
  ids: ServerIds
}

/** The install itself, or a copy below `systemFolder` where servers' users cannot run it where it is. */
export function reachableInstall(
  install: PostgresInstall,
  runner: Runner,
  onProgress: (text: string) => void,
  systemFolder: string = SYSTEM_FOLDER,
): PostgresInstall {
  if (canRun(install, runner)) return install
  const folder = join(systemFolder, 'bundles', install.version)
  const copy = { ...install, folder, folders: [folder] }
  if (canRun(copy, runner)) return copy
  onProgress(`copying PostgreSQL to ${folder}, since the servers' users cannot reach ${install.folder}`)
  const draft = `${folder}.tmp`
  for (const path of [draft, folder]) rmSync(path, { recursive: true, force: true })
  openForPassage(systemFolder)
  openForPassage(dirname(folder))
  execFileSync('cp', ['-RPp', install.folder, draft])
  execFileSync('chmod', ['-R', 'a+rX', draft])
  renameSync(draft, folder)
  if (canRun(copy, runner)) return copy
  throw new EngineError('failed', `the servers' users cannot run ${join(folder, 'bin', 'postgres')}`)
}

function canRun({ folder, folders }: PostgresInstall, { isolation, sandboxRoot, ids }: Runner): boolean {
  const binary = join(folder, 'bin', 'postgres')
  if (!existsSync(binary)) return false
  const programs = folders.map((path) => ({ source: path, path }))
  const spec = { ...NOTHING_SHOWN, ids, root: sandboxRoot, programs }
  const { file, args, options } = toLaunch(isolation, spec, { file: binary, args: ['--version'] })
  const env = { LD_LIBRARY_PATH: join(folder, 'lib') }
  return spawnSync(file, args, { ...options, cwd: '/', env }).status === 0
}

/** Whether everyone may pass through every folder down to this one. */
function isReachable(folder: string): boolean {
  for (let path = realpathOfNearest(folder); ; path = dirname(path)) {
    if (existsSync(path) && (statSync(path).mode & 0o001) === 0) return false
    if (path === dirname(path)) return true
  }
}

function realpathOfNearest(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realpathOfNearest(dirname(path)), basename(path))
}

/** The folder that holds each server's own folder of its socket; `tidySockets` may have taken it away. */
export function makeSocketRoot({ socketFolder }: Pick<Placement, 'socketFolder'>): void {
  if (isRoot()) openForPassage(dirname(socketFolder))
  makeSharedFolder(socketFolder)
}

/** Leaves nothing in the system's folders once the last server of this data folder has stopped. */
export function tidySockets({ socketFolder }: Placement): void {
  const above = dirname(socketFolder)
  for (const folder of dirname(above) === SYSTEM_FOLDER ? [socketFolder, above] : [socketFolder]) {
    try {
      rmdirSync(folder)
    } catch {
      // Another server's socket, or this folder's data, is still there.
      return
    }
  }
}

function isShort(socketFolder: string): boolean {
  return Buffer.byteLength(socketFolder) <= SOCKET_FOLDER_MAX
}

/** A folder that only we write in. As root, servers' users may pass through it to what is theirs, and not list it. */
export function makeSharedFolder(folder: string): void {
  makeOwnFolder(folder, isRoot() ? { mode: 0o711, gid: 0 } : { mode: 0o700, gid: null })
}

/** The folder of one server, which only we write in; as root, only its user passes through it. */
export function makeFolder(folder: string, ids: ServerIds | null): void {
  makeOwnFolder(folder, ids ? { mode: 0o710, gid: ids.gid } : { mode: 0o700, gid: null })
}

/** What root writes must not lie where somebody else could have put a link: a folder of another owner is refused. */
function makeOwnFolder(folder: string, { mode, gid }: { mode: number; gid: number | null }): void {
  try {
    mkdirSync(dirname(folder), { recursive: true, mode: isRoot() ? 0o711 : 0o700 })
    if (!lstatSync(folder, { throwIfNoEntry: false })) mkdirSync(folder, { mode: 0o700 })
  } catch (cause) {
    throw new EngineError('failed', `the folder ${folder} cannot be made: ${(cause as Error).message}`, {
      cause,
    })
  }
  const entry = lstatSync(folder)
  if (!entry.isDirectory() || entry.uid !== (process.getuid?.() ?? 0)) {
    throw new EngineError(
      'failed',
      `${folder} is no folder of this user's (its owner is ${entry.uid}); ` +
        'start as its owner, or set DB9_HOME to another folder',
    )
  }
  if (gid !== null) chownSync(folder, 0, gid)
  chmodSync(folder, mode)
}

/** Of an archive: a recovery reads the files that it knows the names of. */
export function makeArchiveFolder(folder: string): void {
  makeOwnFolder(folder, { mode: isRoot() ? 0o711 : 0o700, gid: null })
}

/** A folder that a server itself writes in; below one that only we write in, or its user could have put a link there. */
export function makeServerFolder(folder: string, ids: ServerIds | null): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (ids) chownSync(folder, ids.uid, ids.gid)
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}
