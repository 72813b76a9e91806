/** Packs a data directory, whose content may be hostile, into one compressed stream. */
import { createHash } from 'node:crypto'
import { type EventEmitter, once } from 'node:events'
import { closeSync, fstatSync, read as readCallback } from 'node:fs'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { promisify } from 'node:util'
import { createZstdCompress, type ZstdCompress } from 'node:zlib'
import { pack as makePack, type Pack } from 'tar-stream'
import { isCopied, isLeftEmpty, MOST_TOP_ENTRIES } from '../copies/contents.ts'
import { OpenFolder, openPlainFile, UnsafeFile } from '../sandbox/safe-files.ts'
import type { DataFacts } from './manifest.ts'
import { MOST_ENTRIES, PackBudget, requireKnownShape } from './pack-budget.ts'

type Entry = ReturnType<Pack['entry']>

const read = promisify(readCallback)
const CHUNK_BYTES = 2 ** 18
const CONTROL = join('global', 'pg_control')

/** Packs a copy into one compressed stream while it is read: a tar of the data directory, by zstd. */
export class Packer {
  readonly #pack: Pack = makePack()
  readonly #hash = createHash('sha256')
  #bytes = 0
  #files = 0
  /** Of what was packed until now. */
  fileBytes = 0
  readonly content: Readable
  readonly #compressed: ZstdCompress = createZstdCompress()
  readonly #budget: PackBudget

  /** @param measure what the source takes of the disk now, in bytes, by which the pack is bounded */
  constructor(measure: () => Promise<number>) {
    this.#budget = new PackBudget(measure)
    const counted = new Transform({
      transform: (chunk: Buffer, _, done) => {
        this.#hash.update(chunk)
        this.#bytes += chunk.length
        done(null, chunk)
      },
    })
    for (const [from, to] of [
      [this.#pack as unknown as Readable, this.#compressed],
      [this.#compressed, counted],
    ] as const) {
      from.on('error', (error) => to.destroy(error))
      to.on('close', () => from.destroy())
      from.pipe(to)
    }
    this.content = counted
  }

  /** The data directory without its WAL; files may change and vanish meanwhile. */
  async data(from: string): Promise<void> {
    const root = OpenFolder.below(from, '')
    if (root === null) throw new UnsafeFile(from, 'is missing')
    try {
      for await (const { name, kind } of root.entries(MOST_TOP_ENTRIES)) {
        this.#budget.look()
        requireKnownShape(name, 0)
        if (isLeftEmpty(name)) await this.#folder(name)
        else if (isCopied(name) && kind === 'folder') await this.#tree(root, name, { path: name, depth: 1 })
        else if (isCopied(name) && kind === 'file') await this.#file(name, root.file(name))
      }
    } finally {
      root.close()
    }
    await this.#folder(join('pg_wal', 'archive_status'))
    // Last: what is cut short cannot start.
    await this.#file(CONTROL, openPlainFile(from, CONTROL))
  }

  /** Of the `pg_wal` of a data directory. */
  async wal(data: string, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const path = join('pg_wal', name)
      const file = openPlainFile(data, path)
      if (file === null) throw new UnsafeFile(path, 'is missing')
      await this.#file(path, file)
    }
  }

  async label(text: string): Promise<void> {
    await this.#entry(
      'backup_label',
      Buffer.byteLength(text),
      async (entry) => void entry.write(Buffer.from(text)),
    )
  }

  /** Ends the stream; its facts are known once it was read to its end. */
  end(): void {
    this.#pack.finalize()
  }

  facts(): DataFacts {
    return {
      bytes: this.#bytes,
      sha256: this.#hash.digest('hex'),
      files: this.#files,
      fileBytes: this.fileBytes,
    }
  }

  /** What is neither a file nor a folder, which Postgres does not make, is left out. */
  async #tree(
    parent: OpenFolder,
    name: string,
    { path, depth }: { path: string; depth: number },
  ): Promise<void> {
    const folder = parent.folder(name)
    if (folder === null) return
    try {
      await this.#folder(path)
      for await (const entry of folder.entries(MOST_ENTRIES)) {
        this.#budget.look()
        requireKnownShape(entry.name, depth)
        const inner = join(path, entry.name)
        if (entry.kind === 'folder') await this.#tree(folder, entry.name, { path: inner, depth: depth + 1 })
        else if (entry.kind === 'file' && inner !== CONTROL) await this.#file(inner, folder.file(entry.name))
      }
    } finally {
      folder.close()
    }
  }

  async #folder(name: string): Promise<void> {
    await this.#keptUp()
    await new Promise<void>((resolve, reject) => {
      this.#pack.entry({ name, type: 'directory', mode: 0o700 }, (error) =>
        error ? reject(error) : resolve(),
      )
    })
  }

  /** As long as it was when it was opened: what it lost since is made good by the WAL, as is what it gained. */
  async #file(name: string, file: number | null): Promise<void> {
    if (file === null) return
    try {
      const { size } = fstatSync(file)
      await this.#entry(name, size, async (entry) => {
        for (let at = 0; at < size; ) {
          const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size - at))
          await read(file, chunk, 0, chunk.length, at)
          at += chunk.length
          await this.#budget.stored(this.#bytes)
          if (!entry.write(chunk)) await this.#drained(entry as unknown as EventEmitter)
        }
      })
    } finally {
      closeSync(file)
    }
  }

  async #entry(name: string, size: number, write: (entry: Entry) => Promise<void>): Promise<void> {
    await this.#keptUp()
    await this.#budget.enter(size)
    const done = Promise.withResolvers<void>()
    const entry = this.#pack.entry({ name, size, mode: 0o600 }, (error) =>
      error ? done.reject(error) : done.resolve(),
    )
    done.promise.catch(() => {})
    await write(entry)
    entry.end(null)
    await done.promise
    this.#files++
    this.fileBytes += size
  }

  /** An entry's header is taken whether or not there is room for it: without this, many small files are all kept in memory. */
  async #keptUp(): Promise<void> {
    if (this.#compressed.writableNeedDrain) await this.#drained(this.#compressed)
  }

  /** Nothing drains once the reader has gone. */
  async #drained(stream: EventEmitter): Promise<void> {
    const over = new AbortController()
    try {
      await Promise.race([
        once(stream, 'drain', { signal: over.signal }),
        once(this.content, 'close', { signal: over.signal }).then(() => {
          throw this.content.errored ?? new Error('the backup was given up')
        }),
      ])
    } finally {
      over.abort()
    }
  }
}
