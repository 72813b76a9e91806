/** Packs a data directory, whose content may be hostile, into one compressed stream. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, fstatSync, read as readCallback } from 'node:fs'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { promisify } from 'node:util'
import { createZstdCompress } from 'node:zlib'
import { pack as makePack, type Pack } from 'tar-stream'
import { isCopied, isLeftEmpty, MOST_TOP_ENTRIES } from '../copies/data-files.ts'
import type { CopySink } from '../copies/sink.ts'
import { listFolder, openPlainFile, UnsafeFile } from '../safe-files.ts'
import type { DataFacts } from './manifest.ts'
import { PackBudget } from './pack-budget.ts'

type Entry = ReturnType<Pack['entry']>

const read = promisify(readCallback)
const CHUNK_BYTES = 2 ** 18
const CONTROL = join('global', 'pg_control')

/** Packs a copy into one compressed stream while it is read: a tar of the data directory, by zstd. */
export class PackSink implements CopySink {
  readonly #pack: Pack = makePack()
  readonly #hash = createHash('sha256')
  #bytes = 0
  #files = 0
  /** Of what was packed until now. */
  fileBytes = 0
  readonly content: Readable
  readonly #budget: PackBudget

  /** @param source the data directory, by whose size the pack is bounded */
  constructor(source: string, signal?: AbortSignal) {
    this.#budget = new PackBudget(source)
    const counted = new Transform({
      transform: (chunk: Buffer, _, done) => {
        this.#hash.update(chunk)
        this.#bytes += chunk.length
        done(null, chunk)
      },
    })
    const compressed = createZstdCompress()
    for (const [from, to] of [
      [this.#pack as unknown as Readable, compressed],
      [compressed, counted],
    ] as const) {
      from.on('error', (error) => to.destroy(error))
      to.on('close', () => from.destroy())
      from.pipe(to)
    }
    this.content = counted
    signal?.addEventListener('abort', () => this.#destroy(signal.reason as Error), { once: true })
  }

  async data(from: string): Promise<void> {
    for (const { name, kind } of (await listFolder(from, '', MOST_TOP_ENTRIES)) ?? []) {
      if (isLeftEmpty(name)) await this.#folder(name)
      else if (isCopied(name) && kind === 'folder') await this.#tree(from, name, 1)
      else if (isCopied(name) && kind === 'file') await this.#file(from, name)
    }
    await this.#folder(join('pg_wal', 'archive_status'))
    // Last: what is cut short cannot start.
    await this.#file(from, CONTROL)
  }

  async wal(data: string, names: string[]): Promise<void> {
    for (const name of names) await this.#file(data, join('pg_wal', name), { mayVanish: false })
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

  async discard(): Promise<void> {
    this.#destroy(new Error('the backup was given up'))
  }

  #destroy(reason: Error): void {
    this.content.destroy(reason)
  }

  /** What is neither a file nor a folder, which Postgres does not make, is left out. */
  async #tree(from: string, name: string, depth: number): Promise<void> {
    this.#budget.requireDepth(depth)
    const entries = await listFolder(from, name)
    if (entries === null) return
    await this.#folder(name)
    for (const entry of entries) {
      const path = join(name, entry.name)
      if (entry.kind === 'folder') await this.#tree(from, path, depth + 1)
      else if (entry.kind === 'file' && path !== CONTROL) await this.#file(from, path)
    }
  }

  async #folder(name: string): Promise<void> {
    await this.#budget.enter(0)
    await new Promise<void>((resolve, reject) => {
      this.#pack.entry({ name, type: 'directory', mode: 0o700 }, (error) =>
        error ? reject(error) : resolve(),
      )
    })
  }

  /** As long as it was when it was opened: what it lost since is made good by the WAL, as is what it gained. */
  async #file(from: string, name: string, { mayVanish = true } = {}): Promise<void> {
    const file = openPlainFile(from, name)
    if (file === null) {
      if (mayVanish) return
      throw new UnsafeFile(name, 'is missing')
    }
    try {
      const { size } = fstatSync(file)
      await this.#entry(name, size, async (entry) => {
        for (let at = 0; at < size; ) {
          const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size - at))
          await read(file, chunk, 0, chunk.length, at)
          at += chunk.length
          await this.#budget.stored(this.#bytes)
          if (!entry.write(chunk)) await this.#drained(entry)
        }
      })
    } finally {
      closeSync(file)
    }
  }

  async #entry(name: string, size: number, write: (entry: Entry) => Promise<void>): Promise<void> {
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

  /** Nothing drains once the reader has gone. */
  async #drained(entry: Entry): Promise<void> {
    const over = new AbortController()
    try {
      await Promise.race([
        once(entry, 'drain', { signal: over.signal }),
        once(this.content, 'close', { signal: over.signal }).then(() => {
          throw this.content.errored ?? new Error('the backup was given up')
        }),
      ])
    } finally {
      over.abort()
    }
  }
}
