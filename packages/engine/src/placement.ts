import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { EngineError } from './engine.ts'
import { findBundle, type PostgresBundle } from './platform.ts'

export interface ServerIds {
  uid: number
  gid: number
}

/** The user that servers run as: null means as whoever runs this process. */
export type ServerUser = ServerIds | null

/** Where everything of one data folder lies, and who owns it. */
export interface Placement {
  bundle: PostgresBundle
  user: ServerUser
  /** Holds one folder per database, and the metadata's. */
  dataFolder: string
  /** Private folder of sockets; short, since a socket's path ends at 107 bytes (macOS: 103). */
  socketFolder: string
}

/** Not in any passwd file: nothing else of the machine runs under it. */
const OWN_IDS: ServerIds = { uid: 26_542, gid: 26_542 }
const SYSTEM_FOLDER = '/var/lib/db9'
const SOCKET_PATH_MAX = process.platform === 'darwin' ? 103 : 107
/** Longest path below the socket folder: `/`, 26 characters, `/.s.PGSQL.5432`. */
const SOCKET_FOLDER_MAX = SOCKET_PATH_MAX - 1 - 26 - '/.s.PGSQL.5432'.length

/**
 * Decides where a data folder's servers live, and makes the folders. Postgres refuses to run as root: there, servers
 * run under a uid of our own, and where a folder above `home` is closed to it, they live in `/var/lib/db9/<hash>`.
 */
export function placeServers(home: string, onProgress: (text: string) => void = () => {}): Placement {
  const bundle = findBundle()
  // One name for one folder, however it was called: its servers are known by it.
  const real = realpathOfNearest(resolve(home))
  const hash = createHash('sha256').update(real).digest('hex').slice(0, 12)
  return process.getuid?.() === 0
    ? placeAsRoot(real, hash, bundle, onProgress)
    : placeAsOrdinaryUser(real, hash, bundle)
}

function placeAsOrdinaryUser(home: string, hash: string, bundle: PostgresBundle): Placement {
  const dataFolder = join(home, 'pg')
  makeFolder(dataFolder, null)
  const beside = join(home, 'run', 's')
  const socketFolder = isShort(beside) ? beside : `/tmp/db9-${process.getuid?.() ?? 0}-${hash}`
  makeSocketRoot({ user: null, socketFolder })
  return { bundle, user: null, dataFolder, socketFolder }
}

function placeAsRoot(
  home: string,
  hash: string,
  bundle: PostgresBundle,
  onProgress: (text: string) => void,
): Placement {
  mkdirSync(home, { recursive: true, mode: 0o711 })
  const system = join(SYSTEM_FOLDER, hash)
  const own = isSystemPlaced(home, system) ? system : home
  openForPassage(own)
  const dataFolder = join(own, 'pg')
  makeFolder(dataFolder, OWN_IDS)
  const beside = join(own, 's')
  const socketFolder = isShort(beside) ? beside : join(system, 's')
  makeSocketRoot({ user: OWN_IDS, socketFolder })
  return { bundle: reachableBundle(bundle, OWN_IDS, onProgress), user: OWN_IDS, dataFolder, socketFolder }
}

/** Data that is there stays where it is, whatever the folders above allow now: an empty start would look like a loss. */
function isSystemPlaced(home: string, system: string): boolean {
  const isOpen = isReachable(dirname(home))
  if (!isOpen && existsSync(join(home, 'pg'))) {
    throw new EngineError(
      'failed',
      `${join(home, 'pg')} holds databases, but a folder above it is closed to the user that runs them; ` +
        `open it for passage (chmod o+x), or move the folder to ${join(system, 'pg')}`,
    )
  }
  return !isOpen || existsSync(join(system, 'pg'))
}

function openForPassage(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  chmodSync(folder, (statSync(folder).mode & 0o7777) | 0o011)
  if (dirname(folder) === SYSTEM_FOLDER) chmodSync(SYSTEM_FOLDER, 0o711)
}

/** The bundle itself, or a copy below `systemFolder` where `ids` cannot run it where it is. */
export function reachableBundle(
  bundle: PostgresBundle,
  ids: ServerIds,
  onProgress: (text: string) => void,
  systemFolder: string = SYSTEM_FOLDER,
): PostgresBundle {
  if (canRun(bundle.folder, ids)) return bundle
  const folder = join(systemFolder, 'bundles', bundle.version)
  if (canRun(folder, ids)) return { ...bundle, folder }
  onProgress(`copying PostgreSQL to ${folder}, since the servers' own user cannot reach ${bundle.folder}`)
  const draft = `${folder}.tmp`
  for (const path of [draft, folder]) rmSync(path, { recursive: true, force: true })
  openForPassage(systemFolder)
  openForPassage(dirname(folder))
  execFileSync('cp', ['-RPp', bundle.folder, draft])
  execFileSync('chmod', ['-R', 'a+rX', draft])
  renameSync(draft, folder)
  if (canRun(folder, ids)) return { ...bundle, folder }
  throw new EngineError('failed', `the servers' own user cannot run ${join(folder, 'bin', 'postgres')}`)
}

function canRun(folder: string, ids: ServerIds): boolean {
  const binary = join(folder, 'bin', 'postgres')
  return existsSync(binary) && spawnSync(binary, ['--version'], { ...ids, cwd: '/', env: {} }).status === 0
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
export function makeSocketRoot({ user, socketFolder }: Pick<Placement, 'user' | 'socketFolder'>): void {
  if (user) openForPassage(dirname(socketFolder))
  makeFolder(socketFolder, user)
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

/**
 * A folder that nobody but us and the servers enters, and only we write in: what root writes must not lie where the
 * servers' user could have put a link. One that somebody else made at the same path is refused, not used.
 */
export function makeFolder(folder: string, user: ServerUser): void {
  try {
    mkdirSync(dirname(folder), { recursive: true, mode: user ? 0o711 : 0o700 })
    if (!lstatSync(folder, { throwIfNoEntry: false })) mkdirSync(folder, { mode: 0o700 })
  } catch (cause) {
    throw new EngineError('failed', `the folder ${folder} cannot be made: ${(cause as Error).message}`, {
      cause,
    })
  }
  const entry = lstatSync(folder)
  const owners = user ? [0, user.uid] : [process.getuid?.() ?? 0]
  if (!entry.isDirectory() || !owners.includes(entry.uid)) {
    throw new EngineError(
      'failed',
      `${folder} is no folder of this user's (its owner is ${entry.uid}); ` +
        'start as its owner, or set DB9_HOME to another folder',
    )
  }
  if (user) chownSync(folder, 0, user.gid)
  chmodSync(folder, user ? 0o710 : 0o700)
}

/** A folder that a server itself writes in; below one that only we write in, or its user could have put a link there. */
export function makeServerFolder(folder: string, user: ServerUser): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (user) chownSync(folder, user.uid, user.gid)
}

/** An entry of the passwd file that is not root's: initdb looks its user up by name, the server itself does not. */
export function userWithName(): ServerIds {
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid }) => Number.isInteger(uid) && uid > 0)
  const entry = entries.find(({ name }) => name === 'nobody') ?? entries[0]
  if (!entry) throw new EngineError('failed', 'the machine has no user beside root, which initdb needs once')
  return { uid: entry.uid, gid: entry.gid }
}
