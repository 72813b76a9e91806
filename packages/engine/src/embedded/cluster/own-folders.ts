/** Makes the folders that lie around servers' files, with the owners and modes that keep servers apart. */
import { chmodSync, chownSync, lstatSync, mkdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { EngineError } from '../../errors.ts'
import type { ServerIds } from './users.ts'

/** Holds, as root, what servers' users could not reach in the folder of an installation. */
export const SYSTEM_FOLDER = '/var/lib/db9'

/** Lets all users pass through a folder, and list nothing. */
export function openForPassage(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  chmodSync(folder, (statSync(folder).mode & 0o7777) | 0o011)
  if (dirname(folder) === SYSTEM_FOLDER) chmodSync(SYSTEM_FOLDER, 0o711)
}

/** The folder that holds each server's own folder of its socket; `tidySockets` may have taken it away. */
export function makeSocketRoot({ socketFolder }: { socketFolder: string }): void {
  if (isRoot()) openForPassage(dirname(socketFolder))
  makeSharedFolder(socketFolder)
}

/** Leaves nothing in the system's folders once the last server of this data folder has stopped. */
export function tidySockets({ socketFolder }: { socketFolder: string }): void {
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
