/** Where everything of one data folder lies, who owns it, and what runs it. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { EngineError } from '../../errors.ts'
import { type IsolationSetting, probeIsolation } from '../sandbox/probe.ts'
import type { Isolation } from '../sandbox/sandbox.ts'
import { LoginKey } from '../sql/logins.ts'
import { ensureVisibleExtensions } from './extensions/visible.ts'
import { makeSharedFolder, makeSocketRoot, openForPassage, SYSTEM_FOLDER } from './own-folders.ts'
import { findInstalls, type PostgresInstall, type UnusableInstall } from './postgres-install.ts'
import { reachableInstall } from './reachable-install.ts'
import { defaultRange, isMapped, type ServerUsers, type UidRange, usersFor } from './users.ts'

export interface Placement {
  postgres: PostgresInstall
  /** Installations that were found and are not used. */
  passedOver: readonly UnusableInstall[]
  /** What `extension_control_path` names. */
  extensionFolder: string
  isolation: Isolation
  /** As root: the users that servers run as. Null: all servers run as the user of this process. */
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
  /** Folders with extensions to offer beside those of PostgreSQL. */
  extensionRoots?: readonly string[]
  /** Told what takes long. */
  onProgress?: (text: string) => void
  /** Gives up the template that is made at the first start: nothing of it is left running. Not of `placeServers`. */
  signal?: AbortSignal
  /** What copies leave free on the volume. */
  reserveBytes?: number
}

const RESERVE_BYTES = 256 * 2 ** 20

const SOCKET_PATH_MAX = process.platform === 'darwin' ? 103 : 107
/** Longest path below the socket folder: `/`, the 26 characters of an id after its prefix, `/.s.PGSQL.5432`. */
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
  extensionRoots = [],
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
  const common = {
    home: real,
    hash,
    logins,
    postgres: chosen,
    passedOver,
    setting,
    reserveBytes,
    extensionRoots,
  }
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
  extensionRoots: readonly string[]
}

function placeAsOrdinaryUser({ home, hash, setting, extensionRoots, ...common }: Common): Placement {
  const sandboxRoot = join(home, 'sandbox')
  makeSharedFolder(sandboxRoot)
  const isolation = probeIsolation(setting, { root: sandboxRoot, ids: null })
  const dataFolder = join(home, 'pg')
  makeSharedFolder(dataFolder)
  const beside = join(home, 'run', 's')
  const socketFolder = isShort(beside) ? beside : `/tmp/db9-${process.getuid?.() ?? 0}-${hash.slice(0, 12)}`
  makeSharedFolder(socketFolder)
  const extensionFolder = ensureVisibleExtensions(common.postgres, dataFolder, extensionRoots)
  return { ...common, extensionFolder, isolation, users: null, dataFolder, socketFolder, sandboxRoot }
}

function placeAsRoot({
  home,
  hash,
  setting,
  range,
  onProgress,
  extensionRoots,
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
  const extensionFolder = ensureVisibleExtensions(postgres, dataFolder, extensionRoots)
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

function isShort(socketFolder: string): boolean {
  return Buffer.byteLength(socketFolder) <= SOCKET_FOLDER_MAX
}
