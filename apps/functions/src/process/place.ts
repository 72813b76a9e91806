/** Where runtime processes lie, and as whom they run. */
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, chownSync, copyFileSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { type Isolation, type IsolationSetting, probeIsolation, type UidRange } from '@db9/engine/sandbox'
import { StartError } from '@db9/process/start-error'
import { configText, type RuntimePaths, SUPERVISOR_FILE } from './config.ts'

// The package has no types; its default export is the path of the binary for this platform.
const { default: WORKERD } = createRequire(import.meta.url)('workerd') as { default: string }

/** Not those of databases (`DB9_UID_RANGE`). */
const UNASSIGNED: UidRange = { first: 1_900_100_000, last: 1_900_199_999 }
/** For containers whose user namespace maps 65,536 ids alone. */
const IN_CONTAINER: UidRange = { first: 60_000, last: 64_999 }

export interface RuntimePlace {
  isolation: Isolation
  /** Empty; sandboxes are built over it. */
  sandboxRoot: string
  /** Holds a folder for each process. Short, since the path of a socket ends at 107 bytes. */
  folder: string
  /** As root: the users that processes run as. */
  users: ProcessUsers | null
}

export interface PlaceOptions {
  home: string
  isolation: IsolationSetting
}

/** Makes the folders. Throws a `StartError` where they cannot be had. */
export function placeRuntimes({ home, isolation: setting }: PlaceOptions): RuntimePlace {
  const isRoot = process.getuid?.() === 0
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 12)
  const folder = `/tmp/db9-fn-${hash}`
  makeOwnFolder(folder)
  const sandboxRoot = join(folder, 'sandbox')
  mkdirSync(sandboxRoot, { mode: 0o755 })
  const range = canBecome(UNASSIGNED.first) ? UNASSIGNED : IN_CONTAINER
  const users = isRoot ? new ProcessUsers(range, Number.parseInt(hash.slice(0, 6), 16)) : null
  const ids = users && { uid: range.first, gid: range.first }
  const isolation = probeIsolation(setting, { root: sandboxRoot, ids })
  return { isolation, sandboxRoot, folder, users }
}

/** Anew: what an earlier run left holds nothing. In /tmp, where another user may have made one of this name. */
function makeOwnFolder(folder: string): void {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  if (found && found.uid !== userInfo().uid)
    throw new StartError(`${folder} belongs to another user of this machine. Remove it, and start again.`)
  rmSync(folder, { recursive: true, force: true })
  // Passage alone: names in it are random, and a process that runs without a sandbox reaches its own.
  mkdirSync(folder, { mode: 0o711 })
  chmodSync(folder, 0o711)
}

function canBecome(uid: number): boolean {
  try {
    const probe = `/tmp/db9-fn-probe-${randomBytes(6).toString('hex')}`
    writeFileSync(probe, '', { flag: 'wx' })
    try {
      chownSync(probe, uid, uid)
      return true
    } finally {
      rmSync(probe, { force: true })
    }
  } catch {
    return false
  }
}

/** The users of processes; one is free again once its process has ended, since it leaves no file. */
export class ProcessUsers {
  readonly #range: UidRange
  readonly #taken = new Set<number>()
  #next: number

  constructor(range: UidRange, offset: number) {
    this.#range = range
    this.#next = offset
  }

  take(): { uid: number; gid: number } {
    const size = this.#range.last - this.#range.first + 1
    for (let tried = 0; tried < size; tried++) {
      const uid = this.#range.first + (this.#next++ % size)
      if (this.#taken.has(uid)) continue
      this.#taken.add(uid)
      return { uid, gid: uid }
    }
    throw new Error('all users of functions are in use')
  }

  give(uid: number): void {
    this.#taken.delete(uid)
  }
}

/** The files of one process, as the host and as the process see them. */
export interface ProcessFiles {
  folder: string
  host: RuntimePaths
  inside: RuntimePaths
}

/** Makes the folder of one process: its configuration and the host's socket cannot be written by it. */
export function makeProcessFiles(
  { folder, isolation }: RuntimePlace,
  ids: { uid: number; gid: number } | null,
): ProcessFiles {
  const own = join(folder, randomBytes(9).toString('base64url'))
  for (const path of [own, join(own, 'files'), join(own, 'host')]) mkdirSync(path, { mode: 0o755 })
  mkdirSync(join(own, 'run'), { mode: 0o700 })
  if (ids) chownSync(join(own, 'run'), ids.uid, ids.gid)
  const host = pathsIn(own, WORKERD)
  const inside = isolation.state === 'on' ? pathsIn('/db9', '/db9/workerd') : host
  copyFileSync(SUPERVISOR_FILE, join(own, 'files', 'supervisor.js'))
  writeFileSync(join(own, 'files', 'workerd.capnp'), configText(inside))
  return { folder: own, host, inside }
}

function pathsIn(folder: string, workerd: string): RuntimePaths {
  return {
    workerd,
    files: join(folder, 'files'),
    hostSocket: join(folder, 'host', 's'),
    runSocket: join(folder, 'run', 's'),
  }
}

/**
 * From now on the process can replace nothing in its folder: the host connects to the socket there by its path, and a link in its
 * place could lead to another's socket. Before, no code of a function runs in it.
 */
export function sealRunFolder({ host }: ProcessFiles, isRoot: boolean): void {
  const folder = dirname(host.runSocket)
  const found = lstatSync(host.runSocket)
  if (!found.isSocket()) throw new Error('the runtime has made no socket')
  if (isRoot) {
    chownSync(folder, 0, 0)
    chmodSync(folder, 0o755)
  }
}
