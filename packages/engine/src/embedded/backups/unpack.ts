/** Reads the data of a backup, which may be hostile, and checks it against its manifest. */
import { createHash } from 'node:crypto'
import { type FileHandle, lstat, mkdir, open } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { extract } from 'tar-stream'
import { corrupt, type DataFacts } from './manifest.ts'

/** What is done with each file of a backup; has to read the content to its end. */
export type OnFile = (name: string, content: Readable) => Promise<void>
export type OnFolder = (name: string) => Promise<void>

/** Reads a backup's data to its end, and throws `corrupt` unless all of it is what was written. */
export async function readData(
  stored: Readable,
  expected: DataFacts,
  { onFile, onFolder, signal }: { onFile: OnFile; onFolder: OnFolder; signal?: AbortSignal | undefined },
): Promise<void> {
  const hash = createHash('sha256')
  let bytes = 0
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  let files = 0
  let fileBytes = 0
  const tar = extract()
  const reading = (async () => {
    for await (const entry of tar) {
      const { name, type } = entry.header
      requireInside(name)
      if (type === 'directory') {
        await onFolder(name)
        entry.resume()
      } else if (type === 'file') {
        files++
        fileBytes += entry.header.size ?? 0
        if (files > expected.files || fileBytes > expected.fileBytes)
          throw corrupt('it holds more than was written')
        await onFile(name, entry as unknown as Readable)
      } else throw corrupt('it holds what no backup does')
    }
  })()
  // The pipeline does not notice by itself that its last stream takes no more.
  const givenUp = new AbortController()
  reading.catch(() => givenUp.abort())
  const source = new Source(stored)
  try {
    await pipeline(
      source.chunks(),
      counted,
      createZstdDecompress(),
      tar as unknown as NodeJS.WritableStream,
      {
        signal: signal ? AbortSignal.any([signal, givenUp.signal]) : givenUp.signal,
      },
    )
    await reading
  } catch (error) {
    tar.destroy()
    const first = await reading.then(
      () => error,
      (reason: unknown) => reason,
    )
    if (source.error) throw source.error
    if (signal?.aborted) throw error
    // What the disk says is not the backup's fault; whatever else ends the reading early is.
    throw isOurs(first) ? first : corrupt('it ends early or cannot be unpacked', first)
  }
  if (bytes !== expected.bytes || hash.digest('hex') !== expected.sha256 || files !== expected.files) {
    throw corrupt('its checksum is not that of what was written')
  }
}

/** Writes the files of a backup below a folder of ours. */
export function unpackInto(folder: string): { onFile: OnFile; onFolder: OnFolder } {
  return {
    onFolder: async (name) => void (await mkdir(join(folder, name), { recursive: true, mode: 0o700 })),
    onFile: async (name, content) => {
      const path = join(folder, name)
      if (!(await lstat(dirname(path))).isDirectory()) throw corrupt('it holds what no backup does')
      await writeWithHoles(path, content)
    },
  }
}

/** What is but zeros takes no blocks, as it may not have where it came from. */
async function writeWithHoles(path: string, content: Readable): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    let at = 0
    // By its iterator: a pipeline waits for ever on an entry that was destroyed with its archive.
    for await (const chunk of content as AsyncIterable<Buffer>) {
      if (!isZero(chunk)) await writeAll(file, chunk, at)
      at += chunk.length
    }
    await file.truncate(at)
  } finally {
    await file.close()
  }
}

async function writeAll(file: FileHandle, chunk: Buffer, at: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await file.write(chunk, done, chunk.length - done, at + done)).bytesWritten
  }
}

const ZEROS = Buffer.alloc(2 ** 16)

function isZero(chunk: Buffer): boolean {
  for (let at = 0; at < chunk.length; at += ZEROS.length) {
    const part = chunk.subarray(at, at + ZEROS.length)
    if (!part.equals(ZEROS.subarray(0, part.length))) return false
  }
  return true
}

/** For a check alone. */
export const LOOK_ONLY: { onFile: OnFile; onFolder: OnFolder } = {
  onFolder: async () => {},
  onFile: async (_, content) => {
    for await (const _chunk of content) {
      // Read to its end.
    }
  },
}

function requireInside(name: string): void {
  const normal = posix.normalize(name)
  if (normal.startsWith('/') || normal === '..' || normal.startsWith('../') || name.includes('\0')) {
    throw corrupt('it holds what no backup does')
  }
}

/** The stored bytes, and what went wrong with the store itself, which says nothing of the backup. */
class Source {
  error: unknown
  readonly #stored: Readable

  constructor(stored: Readable) {
    this.#stored = stored
  }

  async *chunks(): AsyncGenerator<Buffer> {
    try {
      yield* this.#stored
    } catch (error) {
      this.error = error
      throw error
    }
  }
}

function isOurs(error: unknown): boolean {
  return (
    (error as Error).name === 'EngineError' || typeof (error as NodeJS.ErrnoException).syscall === 'string'
  )
}
