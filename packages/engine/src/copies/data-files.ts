import type { ExecFileException } from 'node:child_process'
import { chownSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../engine.ts'
import { removeTree, run } from '../files.ts'
import { makeServerFolder, type Placement, type ServerUser } from '../placement.ts'
import type { CopySink } from './sink.ts'
import { parseSegment, type WalSegment } from './wal-files.ts'

/** Top-level folders whose content belongs to one run of a server, or that are filled on their own (docs: 25.3.4). */
const LEFT_EMPTY: ReadonlySet<string> = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat',
  'pg_stat_tmp',
  'pg_subtrans',
])
const LEFT_OUT: ReadonlySet<string> = new Set([
  'postmaster.pid',
  'postmaster.opts',
  'tablespace_map',
  'recovery.signal',
  'standby.signal',
])

/** Whether a top-level entry of a data directory is part of a copy. */
export function isCopied(name: string): boolean {
  return !LEFT_OUT.has(name)
}

/** Whether it is so as an empty folder. */
export function isLeftEmpty(name: string): boolean {
  return LEFT_EMPTY.has(name)
}

export interface CopyOptions {
  /** Its server runs: files may change, be replaced and vanish meanwhile, which the WAL makes good. */
  isLive: boolean
  /** What nobody waits for yields to what else the machine does. */
  isUrgent?: boolean
  signal?: AbortSignal | undefined
}

/** Copies a data directory without its WAL, sharing blocks where the file system can. `to` must not exist. */
export async function copyDataFiles(
  placement: Placement,
  from: string,
  to: string,
  { isLive, isUrgent = true, signal }: CopyOptions,
): Promise<void> {
  makeServerFolder(to, placement.user)
  const entries = readdirSync(from).filter(isCopied)
  for (const name of entries.filter(isLeftEmpty)) {
    makeServerFolder(join(to, name), placement.user)
  }
  makeServerFolder(join(to, 'pg_wal', 'archive_status'), placement.user)
  const sources = entries.filter((name) => !isLeftEmpty(name)).map((name) => join(from, name))
  const copy = new Copier(placement.user, { isUrgent, signal })
  await (isLive ? copy.changing(sources, from, to) : copy.still(sources, to))
  if (!isLive) return
  // Once more and last: a copy that is cut short cannot start (as pgBackRest does it).
  const control = join('global', 'pg_control')
  rmSync(join(to, control))
  await copy.still([join(from, control)], join(to, 'global'))
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

  wal(folder: string, names: string[]): Promise<void> {
    return copyWalFiles(this.#placement, folder, names, this.#to, { signal: this.#options.signal })
  }

  async label(text: string): Promise<void> {
    writeServerFile(join(this.#to, 'backup_label'), text, this.#placement.user)
  }

  discard(): Promise<void> {
    return removeTree(this.#to)
  }
}

/** Copies segments of `pg_wal` or of an archive into a data directory. */
export async function copyWalFiles(
  placement: Placement,
  folder: string,
  names: string[],
  data: string,
  { mayVanish = false, signal }: { mayVanish?: boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  if (names.length === 0) return
  const copy = new Copier(placement.user, { isUrgent: true, signal })
  const sources = names.map((name) => join(folder, name))
  const to = join(data, 'pg_wal')
  await (mayVanish ? copy.changing(sources, folder, to) : copy.still(sources, to))
}

/** The segments of a folder, the oldest first; those that Postgres made ahead for later use are among them. */
export function listSegments(folder: string): { name: string; segment: WalSegment }[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .flatMap((name) => {
      const segment = parseSegment(name)
      return segment ? [{ name, segment }] : []
    })
    .sort((a, b) => Number(a.segment.number - b.segment.number))
}

/** A file of ours for a server to read or remove; one that is there already, or a link, is never written to. */
export function writeServerFile(path: string, content: string, user: ServerUser): void {
  rmSync(path, { force: true })
  writeFileSync(path, content, { flag: 'wx', mode: 0o600 })
  if (user) chownSync(path, user.uid, user.gid)
}

/** `cp` as the servers' user: faster than Node's own copying of many small files, and it knows how to share blocks. */
class Copier {
  readonly #command: readonly string[]
  readonly #options: object

  constructor(
    user: ServerUser,
    { isUrgent, signal }: { isUrgent: boolean; signal: AbortSignal | undefined },
  ) {
    const copy = process.platform === 'linux' ? ['cp', '-a', '--reflink=auto'] : ['cp', '-Rpc']
    this.#command = isUrgent ? copy : ['nice', '-n', '10', ...copy]
    this.#options = {
      cwd: '/',
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
      maxBuffer: 2 ** 26,
      signal,
      ...user,
    }
  }

  async still(sources: string[], to: string): Promise<void> {
    const complaints = await this.#copy(sources, to)
    if (complaints.length > 0) throw copyFailed(complaints)
  }

  /** What was replaced while it was read is copied once more; what vanished is not missed. */
  async changing(sources: string[], from: string, to: string): Promise<void> {
    let complaints = await this.#copy(sources, to)
    for (let attempt = 1; complaints.length > 0; attempt++) {
      const paths = complaints.map(pathOf)
      if (attempt > MOST_ATTEMPTS || paths.includes(null)) throw copyFailed(complaints)
      complaints = []
      for (const path of paths.filter((each) => each !== null && existsSync(each)) as string[]) {
        const target = join(to, path.slice(from.length))
        complaints.push(...(await this.#copy([path], target)))
      }
    }
  }

  /** What `cp` says of the files that it could not copy. */
  async #copy(sources: string[], to: string): Promise<string[]> {
    const [command = '', ...args] = this.#command
    try {
      await run(command, [...args, ...sources, to], this.#options)
      return []
    } catch (error) {
      const { stderr, code } = error as ExecFileException & { stderr?: string }
      if (code !== 1 || !stderr) throw error
      return stderr.trim().split('\n')
    }
  }
}

const MOST_ATTEMPTS = 5
/** GNU: `cp: cannot open '…' for reading: No such …`, `cp: skipping file '…', as it was replaced while being copied`. */
const GONE =
  /^cp: (?:cannot (?:stat|open|access) )?'?(\/[^']*?)'?(?: for reading)?: No such file or directory$/
const REPLACED = /^cp: skipping file '(\/[^']*)', as it was replaced while being copied$/

function pathOf(complaint: string): string | null {
  return (GONE.exec(complaint) ?? REPLACED.exec(complaint))?.[1] ?? null
}

function copyFailed(complaints: string[]): EngineError {
  return new EngineError('failed', 'the database files could not be copied', {
    cause: new Error(complaints.slice(0, 4).join(' / ')),
  })
}
