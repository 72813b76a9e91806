import { execFileSync } from 'node:child_process'
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
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { EngineError } from './engine.ts'
import { findBundle, type PostgresBundle } from './platform.ts'

/** The user that servers run as: null means as whoever runs this process. */
export type ServerUser = { uid: number; gid: number } | null

/** Where everything of one data folder lies, and who owns it. */
export interface Placement {
  bundle: PostgresBundle
  user: ServerUser
  /** Holds one folder per database, and the metadata's. */
  dataFolder: string
  /** Private folder of sockets; short, since a socket's path ends at 107 bytes. */
  socketFolder: string
}

/** Not in any passwd file: nothing else of the machine runs under it. */
const OWN_UID = 26_542
/** Longest path below the socket folder: `/` + 26 characters + `/.s.PGSQL.5432`. */
const SOCKET_PATH_MAX = 107 - 1 - 26 - '/.s.PGSQL.5432'.length
const SYSTEM_FOLDER = '/var/lib/db9'

/**
 * Decides where a data folder's servers live, and makes the folders. Postgres refuses to run as root: there, servers
 * run under a uid of our own, and where a folder above `home` is closed to it, they live in `/var/lib/db9/<hash>`.
 */
export function placeServers(home: string, onProgress: (text: string) => void = () => {}): Placement {
  const bundle = findBundle()
  const hash = createHash('sha256').update(realpathOfNearest(home)).digest('hex').slice(0, 12)
  if (process.getuid?.() !== 0) return placeAsOrdinaryUser(home, hash, bundle)
  return placeAsRoot(home, hash, bundle, onProgress)
}

function placeAsOrdinaryUser(home: string, hash: string, bundle: PostgresBundle): Placement {
  const dataFolder = join(home, 'pg')
  makePrivate(dataFolder, null)
  const inHome = join(home, 'run', 's')
  const socketFolder =
    Buffer.byteLength(inHome) <= SOCKET_PATH_MAX ? inHome : `/tmp/db9-${process.getuid?.() ?? 0}-${hash}`
  makePrivate(socketFolder, null)
  return { bundle, user: null, dataFolder, socketFolder }
}

function placeAsRoot(
  home: string,
  hash: string,
  bundle: PostgresBundle,
  onProgress: (text: string) => void,
): Placement {
  const user = { uid: OWN_UID, gid: OWN_UID }
  mkdirSync(home, { recursive: true, mode: 0o711 })
  const isOpen = isReachable(dirname(home))
  const own = isOpen ? home : join(SYSTEM_FOLDER, hash)
  mkdirSync(own, { recursive: true, mode: 0o711 })
  chmodSync(own, 0o711)
  if (!isOpen) chmodSync(SYSTEM_FOLDER, 0o711)
  const dataFolder = join(own, 'pg')
  makePrivate(dataFolder, user)
  const beside = join(own, 's')
  const socketFolder = Buffer.byteLength(beside) <= SOCKET_PATH_MAX ? beside : join(SYSTEM_FOLDER, hash, 's')
  if (socketFolder !== beside) {
    mkdirSync(dirname(socketFolder), { recursive: true, mode: 0o711 })
    chmodSync(SYSTEM_FOLDER, 0o711)
  }
  makePrivate(socketFolder, user)
  return { bundle: reachableBundle(bundle, onProgress), user, dataFolder, socketFolder }
}

/** The bundle itself, or a copy where a folder above it is closed to the servers' user. */
function reachableBundle(bundle: PostgresBundle, onProgress: (text: string) => void): PostgresBundle {
  if (isReachable(realpathSync(bundle.folder))) return bundle
  const folder = join(SYSTEM_FOLDER, 'bundles', bundle.version)
  if (!existsSync(folder)) {
    onProgress(`copying PostgreSQL to ${folder}, since the servers' own user cannot reach it in this folder`)
    mkdirSync(dirname(folder), { recursive: true, mode: 0o755 })
    chmodSync(SYSTEM_FOLDER, 0o711)
    const draft = `${folder}.${process.pid}`
    execFileSync('cp', ['-RPp', bundle.folder, draft])
    execFileSync('chmod', ['-R', 'a+rX', draft])
    try {
      renameSync(draft, folder)
    } catch (error) {
      rmSync(draft, { recursive: true, force: true })
      if (!existsSync(folder)) throw error
    }
  }
  return { ...bundle, folder }
}

/** Whether everyone may pass through every folder down to this one. */
function isReachable(folder: string): boolean {
  for (let path = realpathOfNearest(folder); ; path = dirname(path)) {
    if ((statSync(path).mode & 0o001) === 0) return false
    if (path === dirname(path)) return true
  }
}

function realpathOfNearest(path: string): string {
  return existsSync(path)
    ? realpathSync(path)
    : join(realpathOfNearest(dirname(path)), path.slice(dirname(path).length))
}

/** A folder that only its owner enters. One that somebody else made at the same path is refused, not used. */
function makePrivate(folder: string, user: ServerUser): void {
  const owner = user?.uid ?? process.getuid?.() ?? 0
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (user) chownSync(folder, user.uid, user.gid)
  }
  const entry = lstatSync(folder)
  if (!entry.isDirectory() || entry.uid !== owner) {
    throw new EngineError(
      'failed',
      `${folder} belongs to another user or is no folder; remove it and start again`,
    )
  }
  chmodSync(folder, 0o700)
}

/** An entry of the passwd file that is not root's: initdb looks its user up by name, the server itself does not. */
export function userWithName(): { uid: number; gid: number } {
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid }) => Number.isInteger(uid) && uid > 0)
  const entry = entries.find(({ name }) => name === 'nobody') ?? entries[0]
  if (!entry) throw new EngineError('failed', 'the machine has no user beside root, which initdb needs once')
  return { uid: entry.uid, gid: entry.gid }
}
