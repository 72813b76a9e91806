/**
 * Reads files that a database's own processes can change. Such a process may put a link, a pipe or an endless file in the
 * place of any of them, so nothing here follows a link, waits, or reads more than it was told to.
 */
import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
const FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
const FILE = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
const IS_LINUX = process.platform === 'linux'

/** Neither a plain file nor a folder, or more than it can be. */
export class UnsafeFile extends Error {
  constructor(path: string, why: string) {
    super(`${path} ${why}`)
    this.name = 'UnsafeFile'
  }
}

/**
 * The content of a small file below `root`, which is a folder of ours; null where there is none. Throws `UnsafeFile`
 * where it is no plain file of at most `maxBytes`.
 */
export function readSmallFile(root: string, path: string, maxBytes: number): Buffer | null {
  const file = openPlainFile(root, path)
  if (file === null) return null
  try {
    const { size } = fstatSync(file)
    if (size > maxBytes) throw new UnsafeFile(path, `is longer than ${maxBytes} bytes`)
    const content = Buffer.alloc(size)
    return content.subarray(0, readSync(file, content, 0, size, 0))
  } finally {
    closeSync(file)
  }
}

/** The descriptor of a plain file below `root`, for the caller to read and close; null where there is none. */
export function openPlainFile(root: string, path: string): number | null {
  return requireFile(openBelow(root, path, FILE), path)
}

function requireFile(file: number | null, path: string): number | null {
  if (file === null || fstatSync(file).isFile()) return file
  closeSync(file)
  throw new UnsafeFile(path, 'is no plain file')
}

export interface FolderEntry {
  name: string
  kind: 'file' | 'folder' | 'other'
}

/** More than Postgres puts in a folder of which all names are gathered: `pg_wal` has one for each MB of it. */
const MAX_ENTRIES = 200_000

/**
 * What a folder below `root` holds, of whose names `isWanted` says yes; null where there is none. Throws `UnsafeFile` for more than
 * `maxEntries`, wanted or not.
 */
export async function listFolder(
  root: string,
  path: string,
  { maxEntries = MAX_ENTRIES, isWanted = () => true }: ListOptions = {},
): Promise<FolderEntry[] | null> {
  const folder = OpenFolder.below(root, path)
  if (folder === null) return null
  try {
    const entries: FolderEntry[] = []
    for await (const entry of folder.entries(maxEntries)) if (isWanted(entry.name)) entries.push(entry)
    return entries
  } finally {
    folder.close()
  }
}

export interface ListOptions {
  maxEntries?: number
  isWanted?: (name: string) => boolean
}

/**
 * A folder by its descriptor: what is opened from it lies in it, whatever has its path by now, and costs the same however deep
 * it is.
 */
export class OpenFolder {
  readonly #descriptor: number
  /** Its path when it was opened, for messages. */
  readonly #path: string
  /** Leads to it now. */
  readonly #place: string

  private constructor(descriptor: number, path: string, place: string) {
    this.#descriptor = descriptor
    this.#path = path
    this.#place = placeOf(descriptor, place)
  }

  /** The folder `path` below `root`, which is a folder of ours; null where there is none. The caller closes it. */
  static below(root: string, path: string): OpenFolder | null {
    const descriptor = openBelow(root, path, FOLDER)
    return descriptor === null ? null : new OpenFolder(descriptor, path, join(root, path))
  }

  /** What it holds, as it is read: nothing is gathered. Throws `UnsafeFile` for more than `maxEntries`. */
  async *entries(maxEntries: number): AsyncGenerator<FolderEntry> {
    let count = 0
    for await (const entry of await opendir(this.#place)) {
      if (++count > maxEntries) throw new UnsafeFile(this.#path, `holds more than ${maxEntries} entries`)
      const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other'
      yield { name: entry.name, kind }
    }
  }

  /** A folder in it; null where there is none any more. The caller closes it. */
  folder(name: string): OpenFolder | null {
    const path = join(this.#path, name)
    const descriptor = openPlainly(join(this.#place, name), FOLDER, path)
    return descriptor === null ? null : new OpenFolder(descriptor, path, join(this.#place, name))
  }

  /** The descriptor of a plain file in it; null where there is none any more. The caller closes it. */
  file(name: string): number | null {
    const path = join(this.#path, name)
    return requireFile(openPlainly(join(this.#place, name), FILE, path), path)
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

/**
 * Removes a file of a folder below `root`, and nothing else: of a link the link alone, of a folder nothing. False where it is a
 * folder. There is no recursive form of this: a process that writes in a tree can put a link in the place of a folder
 * while the tree is removed. A tree is removed when nothing runs any more that may write in it, or by its own user.
 */
export function removeFile(root: string, folder: string, name: string): boolean {
  const opened = openBelow(root, folder, FOLDER)
  if (opened === null) return true
  try {
    unlinkSync(join(placeOf(opened, join(root, folder)), name))
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return true
    // Linux says the one, macOS the other (unlink(2)).
    if (code === 'EISDIR' || code === 'EPERM') return false
    throw error
  } finally {
    closeSync(opened)
  }
}

/** Opens folder after folder, each in the one before, so that none can be exchanged for a link meanwhile. */
function openBelow(root: string, path: string, flags: number): number | null {
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  if (names.includes('..')) throw new UnsafeFile(path, 'leads out of its folder')
  let opened: number | null = null
  let place = root
  for (const [i, name] of ['', ...names].entries()) {
    const before = opened
    try {
      opened = openPlainly(join(place, name), i === names.length ? flags : FOLDER, path)
    } finally {
      if (before !== null) closeSync(before)
    }
    if (opened === null) return null
    place = placeOf(opened, join(place, name))
  }
  return opened
}

/** Null where nothing is there; `UnsafeFile`, which names it `path`, where it is neither a plain file nor a folder. */
function openPlainly(place: string, flags: number, path: string): number | null {
  try {
    return openSync(place, flags)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw code !== undefined && NOT_PLAIN.has(code) ? new UnsafeFile(path, `is not plain (${code})`) : error
  }
}

/** What is said of a link, of a file in the place of a folder, and of a pipe without a writer or a socket. */
const NOT_PLAIN: ReadonlySet<string> = new Set(['ELOOP', 'ENOTDIR', 'ENXIO'])

/** The folder that was opened, whatever lies at its path by now (docs: proc(5), /proc/[pid]/fd). Linux alone has it. */
function placeOf(folder: number, path: string): string {
  return IS_LINUX ? `/proc/self/fd/${folder}` : path
}
