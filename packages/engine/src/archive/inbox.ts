/**
 * Takes what a server hands over for its archive. The server writes to its inbox alone; what lies in the archive, nothing
 * of a database's own reaches any more. A file is copied and not moved, since the server may still have it open.
 */
import { closeSync, existsSync, fstatSync, lstatSync, readFileSync, readSync, renameSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type ServerFiles, syncFolder } from '../files.ts'
import { makeArchiveFolder } from '../placement.ts'
import { listFolder, openPlainFile } from '../safe-files.ts'
import { WAL_SEGMENT_BYTES } from '../settings.ts'
import { Turns } from '../turns.ts'

/** What Postgres archives, and how long each may be (docs: "Setting Up WAL Archiving"). */
const KINDS: readonly { name: RegExp; isLength(bytes: number): boolean }[] = [
  { name: /^[0-9A-F]{24}$/, isLength: (bytes) => bytes === WAL_SEGMENT_BYTES },
  { name: /^[0-9A-F]{8}\.history$/, isLength: (bytes) => bytes <= SHORT_BYTES },
  { name: /^[0-9A-F]{24}\.[0-9A-F]{8}\.backup$/, isLength: (bytes) => bytes <= SHORT_BYTES },
]
const SHORT_BYTES = 64 * 1024
/** At once; the rest follows. */
const MOST_FILES = 10_000
/** A segment is written in less; an older draft was left by a process that died (docs: "basic_archive"). */
const ABANDONED_MS = 10 * 60_000

export class ArchiveInbox {
  readonly #turns = new Turns()

  /** Moves what has arrived into the archive, durably. Throws where something is there that does not belong there. */
  take(files: ServerFiles, now = Date.now()): Promise<void> {
    return this.#turns.take(files.folder, () => takeAll(files, now))
  }
}

async function takeAll(files: ServerFiles, now: number): Promise<void> {
  const entries = (await listFolder(files.folder, 'inbox', MOST_FILES)) ?? []
  const names = entries.map(({ name }) => name).sort()
  const taken: string[] = []
  let refused: string | undefined
  for (const name of names) {
    if (name.startsWith('archtemp')) {
      if (ageOf(join(files.inbox, name), now) > ABANDONED_MS) taken.push(name)
      continue
    }
    const content = readOffered(files, name)
    if (content === null || !(await keep(files, name, content))) refused ??= name
    else taken.push(name)
  }
  if (taken.length > 0) {
    await syncFolder(files.archive)
    for (const name of taken) await rm(join(files.inbox, name), { force: true, recursive: true })
  }
  if (refused !== undefined) throw new Error(`the inbox of the archive holds ${JSON.stringify(refused)}`)
}

function ageOf(path: string, now: number): number {
  return now - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now)
}

/** The whole content of what Postgres archives; null for anything else. */
function readOffered(files: ServerFiles, name: string): Buffer | null {
  const kind = KINDS.find((each) => each.name.test(name))
  if (!kind) return null
  let file: number | null = null
  try {
    file = openPlainFile(files.folder, join('inbox', name))
    if (file === null) return null
    const { size } = fstatSync(file)
    if (!kind.isLength(size)) return null
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
