/** The users of the machine that servers run as: as root, each database has one of its own. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../../errors.ts'

export interface ServerIds {
  uid: number
  gid: number
}

/** Both ends are part of it. */
export interface UidRange {
  first: number
  last: number
}

/** Unassigned: neither systemd nor container runtimes nor distributions assign from here (systemd: UIDS-GIDS.md). */
const UNASSIGNED: UidRange = { first: 1_900_000_000, last: 1_900_099_999 }
/** For containers whose user namespace maps 65,536 ids alone. */
const IN_CONTAINER: UidRange = { first: 20_000, last: 59_999 }

/**
 * Hands out each user once, of those that own no file of this data folder and are not kept for a database. The owner of a
 * data directory is the user that runs its server; the metadata records it. Uids and gids are the same numbers.
 */
export class ServerUsers {
  readonly range: UidRange
  readonly #taken: Set<number>
  #next: number

  /** `offset` differs between the data folders of a machine, so that they do not share users. */
  constructor(range: UidRange, { taken, offset }: { taken: Iterable<number>; offset: number }) {
    this.range = range
    this.#taken = new Set(taken)
    this.#next = offset % this.#size
  }

  get #size(): number {
    return this.range.last - this.range.first + 1
  }

  /** Throws `failed` where all of the range are in use. */
  allocate(): ServerIds {
    for (let tried = 0; tried < this.#size; tried++) {
      const uid = this.range.first + this.#next
      this.#next = (this.#next + 1) % this.#size
      if (this.#taken.has(uid)) continue
      this.#taken.add(uid)
      return { uid, gid: uid }
    }
    throw new EngineError(
      'failed',
      `all users from ${this.range.first} to ${this.range.last} have a database; set DB9_UID_RANGE to a wider range`,
    )
  }

  /** From now on these are not handed out: databases have them whose files are not here now, or are another user's. */
  keep(uids: Iterable<number>): void {
    for (const uid of uids) this.#taken.add(uid)
  }

  includes(uid: number): boolean {
    return uid >= this.range.first && uid <= this.range.last
  }
}

/** The user that a data directory belongs to; null where it is none of the range, or no users are handed out. */
export function ownerOf(users: ServerUsers | null, data: string): ServerIds | null {
  const found = statSync(data, { throwIfNoEntry: false })
  return found && users?.includes(found.uid) ? { uid: found.uid, gid: found.uid } : null
}

const known = new Map<string, ServerUsers>()

/** The one source of users of a data folder in this process: the metadata's server and the databases share it. */
export function usersFor(dataFolder: string, range: UidRange, offset: number): ServerUsers {
  const key = `${range.first}-${range.last} ${dataFolder}`
  const users = known.get(key) ?? new ServerUsers(range, { taken: usersOfFiles(dataFolder), offset })
  known.set(key, users)
  return users
}

/** Users that own files in the folders of a data folder, whatever these are, and however much of them was removed. */
function* usersOfFiles(dataFolder: string): Generator<number> {
  for (const entry of readdirSync(dataFolder)) {
    const folder = join(dataFolder, entry)
    const bases = listFolders(join(folder, 'bases')).map((base) => join('bases', base, 'data'))
    for (const own of ['data', 'inbox', ...bases]) {
      const found = statSync(join(folder, own), { throwIfNoEntry: false })
      if (found) yield found.uid
    }
  }
}

/** Names in a folder of ours; none where it is not there. */
function listFolders(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

/** The range where none is set: the first of ours that this process' user namespace maps. */
export function defaultRange(uidMap: string = readUidMap()): UidRange {
  return isMapped(UNASSIGNED, uidMap) ? UNASSIGNED : IN_CONTAINER
}

/** Whether a process here can become each of them (docs: user_namespaces(7), "/proc/[pid]/uid_map"). */
export function isMapped({ first, last }: UidRange, uidMap: string = readUidMap()): boolean {
  return uidMap
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .some(([inside = 0, , count = 0]) => first >= inside && last < inside + count)
}

function readUidMap(): string {
  try {
    return readFileSync('/proc/self/uid_map', 'utf8')
  } catch {
    return '0 0 4294967295'
  }
}
