/** Copies data directories, whose content may be hostile, by programs that see nothing but source and target. */
import type { ExecFileException } from 'node:child_process'
import { chownSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../../errors.ts'
import { run } from '../cluster/files.ts'
import { makeServerFolder } from '../cluster/own-folders.ts'
import type { Placement } from '../cluster/placement.ts'
import { removeServerTree } from '../cluster/removal.ts'
import { ownerOf, type ServerIds } from '../cluster/users.ts'
import { listFolder } from '../sandbox/safe-files.ts'
import { runTool } from '../sandbox/tool.ts'
import { isCopied, isLeftEmpty, MOST_TOP_ENTRIES } from './contents.ts'
import type { CopySink } from './sink.ts'
import { parseSegment, type WalSegment } from './wal-files.ts'

export interface CopyOptions {
  /** Its server runs: files may change, be replaced and vanish meanwhile, which the WAL makes good. */
  isLive: boolean
  /** Left out: yes. A copy that no caller waits for runs with low priority. */
  isUrgent?: boolean
  signal?: AbortSignal | undefined
}

/**
 * Copies a data directory without its WAL, sharing blocks where the file system can. `to` must not exist; it belongs to the
 * user of the source until `giveToNewOwner`. Throws `corrupt` where the source holds what no data directory does.
 */
export async function copyDataFiles(
  placement: Placement,
  from: string,
  to: string,
  { isLive, isUrgent = true, signal }: CopyOptions,
): Promise<void> {
  const ids = ownerOf(placement.users, from)
  makeServerFolder(to, ids)
  const entries = (await listFolder(from, '', { maxEntries: MOST_TOP_ENTRIES })) ?? []
  const names = entries.flatMap(({ name, kind }) => (isCopied(name) && kind !== 'other' ? [name] : []))
  for (const name of names.filter(isLeftEmpty)) makeServerFolder(join(to, name), ids)
  makeServerFolder(join(to, 'pg_wal'), ids)
  makeServerFolder(join(to, 'pg_wal', 'archive_status'), ids)
  const sources = names.filter((name) => !isLeftEmpty(name)).map((name) => join(from, name))
  const copy = new Copier(placement, { ids, from, to, isUrgent, signal })
  await (isLive ? copy.changing(sources, to) : copy.still(sources, to))
  // Once more and last: a copy that is cut short cannot start (as pgBackRest does it).
  if (isLive) await copy.still([join(from, 'global', 'pg_control')], join(to, 'global'))
  await requirePlain(to)
}

/** No link, pipe or device is taken over from a source. */
export async function requirePlain(folder: string): Promise<void> {
  const { stdout } = await run('find', [folder, '!', '-type', 'f', '!', '-type', 'd', '-print', '-quit'])
  if (stdout === '') return
  throw new EngineError('corrupt', 'the database has files of a kind that cannot be copied')
}

/** As root, gives the files of a copy to a user of their own; nothing runs on them. */
export async function giveToNewOwner({ users }: Placement, data: string): Promise<void> {
  if (!users) return
  const { uid, gid } = users.allocate()
  await run('chown', ['-R', '-h', `${uid}:${gid}`, data])
}

/** A copy in a folder, which must not exist. */
export class FolderSink implements CopySink {
  readonly #placement: Placement
  readonly #to: string
  readonly #options: Omit<CopyOptions, 'isLive'>

  constructor(placement: Placement, to: string, options: Omit<CopyOptions, 'isLive'>) {
    this.#placement = placement
    this.#to = to
    this.#options = options
  }

  data(from: string): Promise<void> {
    return copyDataFiles(this.#placement, from, this.#to, { ...this.#options, isLive: true })
  }

  wal(data: string, names: string[]): Promise<void> {
    const from = { root: data, folder: 'pg_wal' }
    return copyWalFiles(this.#placement, from, names, join(this.#to, 'pg_wal'), {
      signal: this.#options.signal,
    })
  }

  async label(text: string): Promise<void> {
    writeServerFile(join(this.#to, 'backup_label'), text, ownerOf(this.#placement.users, this.#to))
  }

  discard(): Promise<void> {
    return removeServerTree(this.#placement, this.#to)
  }
}

/** Copies segments of a data directory's `pg_wal` into a folder, whose owner must be able to read them. */
export async function copyWalFiles(
  placement: Placement,
  { root, folder }: { root: string; folder: string },
  names: string[],
  to: string,
  { mayVanish = false, signal }: { mayVanish?: boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  if (names.length === 0) return
  const ids = ownerOf(placement.users, to)
  const copy = new Copier(placement, { ids, from: root, to, isUrgent: true, signal })
  const sources = names.map((name) => join(root, folder, name))
  await (mayVanish ? copy.changing(sources, to) : copy.still(sources, to))
}

export interface ListedSegment {
  name: string
  segment: WalSegment
}

/** The segments of a folder of ours, the oldest first. */
export function listSegments(folder: string): ListedSegment[] {
  return existsSync(folder) ? toSegments(readdirSync(folder)) : []
}

/** Those of a data directory, the oldest first; the ones that Postgres made ahead for later use are among them. */
export async function listOwnSegments(data: string): Promise<ListedSegment[]> {
  const isWanted = (name: string) => parseSegment(name) !== null
  return toSegments(((await listFolder(data, 'pg_wal', { isWanted })) ?? []).map(({ name }) => name))
}

function toSegments(names: string[]): ListedSegment[] {
  return names
    .flatMap((name) => {
      const segment = parseSegment(name)
      return segment ? [{ name, segment }] : []
    })
    .sort((a, b) => Number(a.segment.number - b.segment.number))
}

/** A file of ours for a server to read or remove; one that is there already, or a link, is never written to. */
export function writeServerFile(path: string, content: string, ids: ServerIds | null): void {
  rmSync(path, { force: true })
  writeFileSync(path, content, { flag: 'wx', mode: 0o600 })
  if (ids) chownSync(path, ids.uid, ids.gid)
}

interface CopierOptions {
  ids: ServerIds | null
  from: string
  to: string
  isUrgent: boolean
  signal: AbortSignal | undefined
}

/** `cp` is faster than Node's own copying of many small files, and knows how to share blocks. */
class Copier {
  readonly #placement: Placement
  readonly #options: CopierOptions

  constructor(placement: Placement, options: CopierOptions) {
    this.#placement = placement
    this.#options = options
  }

  async still(sources: string[], to: string): Promise<void> {
    const complaints = await this.#copy(sources, to)
    if (complaints.length > 0) throw copyFailed(complaints)
  }

  /** What was replaced while it was read is copied once more; what vanished is not missed. */
  async changing(sources: string[], to: string): Promise<void> {
    let complaints = await this.#copy(sources, to)
    for (let attempt = 1; complaints.length > 0; attempt++) {
      const paths = complaints.map(pathOf)
      if (attempt > MOST_ATTEMPTS || paths.includes(null)) throw copyFailed(complaints)
      complaints = []
      for (const path of paths.filter((each) => each !== null && existsSync(each)) as string[]) {
        const target = join(this.#options.to, path.slice(this.#options.from.length))
        complaints.push(...(await this.#copy([path], target)))
      }
    }
  }

  /** What `cp` says of the files that it could not copy. */
  async #copy(sources: string[], to: string): Promise<string[]> {
    const { ids, from, to: target, isUrgent, signal } = this.#options
    const options = { ids, readable: [from], writable: [target], isUrgent, signal }
    try {
      await runTool(this.#placement, 'cp', [...COPY_FLAGS, ...sources, to], options)
      return []
    } catch (error) {
      const { stderr, code } = error as ExecFileException & { stderr?: string }
      if (code !== 1 || !stderr) throw error
      return stderr.trim().split('\n')
    }
  }
}

const COPY_FLAGS = process.platform === 'linux' ? ['-a', '--reflink=auto', '--remove-destination'] : ['-Rpcf']
const MOST_ATTEMPTS = 5
/** GNU: `cp: cannot open '…' for reading: No such …`, `cp: skipping file '…', as it was replaced while being copied`. */
const GONE =
  /^(?:\/bin\/)?cp: (?:cannot (?:stat|open|access) )?'?(\/[^']*?)'?(?: for reading)?: No such file or directory$/
const REPLACED = /^(?:\/bin\/)?cp: skipping file '(\/[^']*)', as it was replaced while being copied$/

function pathOf(complaint: string): string | null {
  return (GONE.exec(complaint) ?? REPLACED.exec(complaint))?.[1] ?? null
}

function copyFailed(complaints: string[]): EngineError {
  return new EngineError('failed', 'the database files could not be copied', {
    cause: new Error(complaints.slice(0, 4).join(' / ')),
  })
}
