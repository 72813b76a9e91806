/**
 * Takes what a server hands over for its archive. The server writes to its inbox alone; what lies in the archive, nothing
 * of a database's own reaches any more. A file is copied and not moved, since the server may still have it open.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../cluster/files.ts'
import { makeArchiveFolder } from '../cluster/own-folders.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { KeyedMutex } from '../concurrency/keyed-mutex.ts'
import { parseSegment, type WalSegment } from '../copies/wal-files.ts'
import { WAL_SEGMENT_BYTES } from '../process/postgres-settings.ts'
import { listFolder, openPlainFile, removeFile } from '../sandbox/safe-files.ts'

/** What Postgres archives, and how long each may be (docs: "Setting Up WAL Archiving"). */
const KINDS = {
  segment: { name: /^[0-9A-F]{24}$/, isLength: (bytes: number) => bytes === WAL_SEGMENT_BYTES },
  history: { name: /^[0-9A-F]{8}\.history$/, isLength: (bytes: number) => bytes <= SHORT_BYTES },
  /** Says where a base begins, for people. */
  label: { name: /^[0-9A-F]{24}\.[0-9A-F]{8}\.backup$/, isLength: (bytes: number) => bytes <= SHORT_BYTES },
} as const
const SHORT_BYTES = 64 * 1024
/** At once; the rest follows. */
const MOST_FILES = 10_000
/** A segment is written in less; an older draft was left by a process that died (docs: "basic_archive"). */
const ABANDONED_MS = 10 * 60_000
/** More histories than any database has: one for each time that it was restored. */
const MOST_HISTORIES = 256
/**
 * How far a segment may be ahead of the newest one. Postgres hands segments over in their order, so a larger step is none of its
 * own, and would never be old enough to be removed.
 */
const MOST_AHEAD = 64n
/** Times the limit of an archive: what may lie in it until it has been cut. */
const MOST_OVER_LIMIT = 2

export class ArchiveInbox {
  readonly #mutex = new KeyedMutex()
  readonly #limitBytes: (files: ServerFiles) => number | null

  /** @param limitBytes what an archive may take; null: any */
  constructor(limitBytes: (files: ServerFiles) => number | null = () => null) {
    this.#limitBytes = limitBytes
  }

  /**
   * Moves what has arrived into the archive, durably. What an archive far over its limit has no room for stays in the inbox,
   * which counts as the database's own. Throws where something is there that does not belong there.
   */
  take(files: ServerFiles, now = Date.now()): Promise<void> {
    return this.#mutex.run(files.folder, () => takeAll(files, this.#limitBytes(files), now))
  }
}

async function takeAll(files: ServerFiles, limitBytes: number | null, now: number): Promise<void> {
  const entries = (await listFolder(files.folder, 'inbox', { maxEntries: MOST_FILES })) ?? []
  const names = entries.map(({ name }) => name).sort()
  if (names.length === 0) return
  const archive = new ArchiveState(files, limitBytes)
  const taken: string[] = []
  let refused: string | undefined
  for (const name of names) {
    if (name.startsWith('archtemp')) {
      if (ageOf(join(files.inbox, name), now) > ABANDONED_MS) taken.push(name)
      continue
    }
    if (archive.isFull()) break
    const content = readOffered(files, name)
    if (content === null || !archive.follows(name) || !(await keep(files, name, content))) refused ??= name
    else {
      archive.add(name)
      taken.push(name)
    }
  }
  if (taken.length > 0) {
    await syncFolder(files.archive)
    for (const name of taken) if (!removeFile(files.folder, 'inbox', name)) refused ??= name
  }
  if (refused !== undefined) throw new Error(`the inbox of the archive holds ${JSON.stringify(refused)}`)
}

/** What lies in an archive, as far as the next file has to fit it. */
class ArchiveState {
  readonly #limitBytes: number | null
  #segments = 0
  #newest: WalSegment | null = null
  readonly #histories = new Set<number>()

  constructor({ archive }: ServerFiles, limitBytes: number | null) {
    this.#limitBytes = limitBytes
    for (const name of existsSync(archive) ? readdirSync(archive) : []) this.add(name)
  }

  add(name: string): void {
    if (KINDS.history.name.test(name)) this.#histories.add(Number.parseInt(name.slice(0, 8), 16))
    const segment = parseSegment(name)
    if (!segment) return
    this.#segments += 1
    if (this.#newest === null || isAfter(segment, this.#newest)) this.#newest = segment
  }

  isFull(): boolean {
    return (
      this.#limitBytes !== null && this.#segments * WAL_SEGMENT_BYTES >= MOST_OVER_LIMIT * this.#limitBytes
    )
  }

  /** Whether Postgres could hand this over now: on a timeline that is known, and not far ahead. */
  follows(name: string): boolean {
    const segment = parseSegment(name)
    if (!segment) return this.#histories.size < MOST_HISTORIES
    const newest = this.#newest
    if (newest === null) return true
    const isKnown = segment.timeline <= newest.timeline || this.#histories.has(segment.timeline)
    return isKnown && segment.number <= newest.number + MOST_AHEAD
  }
}

function isAfter(a: WalSegment, b: WalSegment): boolean {
  return a.timeline === b.timeline ? a.number > b.number : a.timeline > b.timeline
}

function ageOf(path: string, now: number): number {
  return now - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now)
}

/** The whole content of what Postgres archives; null for anything else. */
function readOffered(files: ServerFiles, name: string): Buffer | null {
  const kind = Object.values(KINDS).find((each) => each.name.test(name))
  if (!kind) return null
  let file: number | null = null
  try {
    file = openPlainFile(files.folder, join('inbox', name))
    if (file === null) return null
    const { size, nlink } = fstatSync(file)
    // One file under a hundred names would be a hundred in the archive.
    if (!kind.isLength(size) || nlink !== 1) return null
    const content = Buffer.alloc(size)
    return readSync(file, content, 0, size, 0) === size ? content : null
  } catch {
    return null
  } finally {
    if (file !== null) closeSync(file)
  }
}

/** What is archived is never overwritten. True where it is there now, as it was offered. */
async function keep({ archive }: ServerFiles, name: string, content: Buffer): Promise<boolean> {
  // Nothing reads labels: each base has a record of its own.
  if (KINDS.label.name.test(name)) return true
  const path = join(archive, name)
  if (existsSync(path)) return readFileSync(path).equals(content)
  makeArchiveFolder(archive)
  const draft = await open(`${path}.tmp`, 'w', 0o644)
  try {
    await draft.writeFile(content)
    await draft.sync()
  } finally {
    await draft.close()
  }
  renameSync(`${path}.tmp`, path)
  return true
}
