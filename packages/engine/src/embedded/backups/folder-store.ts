/** Keeps backups in a folder. */
import { randomBytes } from 'node:crypto'
import { createWriteStream, statfs, statSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { EngineError } from '../../errors.ts'
import { syncFolder } from '../cluster/files.ts'
import type { BackupStore } from './store.ts'

const PARTIAL_SUFFIX = '.draft'

/** What backups leave free where they share a volume with databases. */
export interface Reserve {
  dataFolder: string
  bytes: number
}

const CHECK_EVERY_BYTES = 8 * 2 ** 20

/** Backups below a folder, which only who runs the service reads. */
export class FolderStore implements BackupStore {
  readonly #folder: string
  readonly #reserve: Reserve

  constructor(folder: string, reserve: Reserve) {
    this.#folder = folder
    this.#reserve = reserve
  }

  async put(key: string, content: Readable): Promise<number> {
    const path = join(this.#folder, key)
    const draft = `${path}.${randomBytes(6).toString('hex')}${PARTIAL_SUFFIX}`
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    try {
      const file = createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true })
      await pipeline(content, leavingFree(this.#reserve, dirname(path)), file)
      const { size } = statSync(draft)
      await rename(draft, path)
      // A folder is durable by the one it is in.
      for (const folder of [dirname(path), this.#folder]) await syncFolder(folder)
      return size
    } catch (error) {
      await rm(draft, { force: true })
      await removeIfEmpty(dirname(path))
      throw error
    }
  }

  async get(key: string): Promise<Readable | null> {
    try {
      const handle = await open(join(this.#folder, key), 'r')
      return handle.createReadStream()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }

  async list(prefix: string): Promise<string[]> {
    const below = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    const paths = await filesBelow(join(this.#folder, below))
    return paths
      .map((path) => relative(this.#folder, path).split(sep).join('/'))
      .filter((key) => key.startsWith(prefix))
  }

  async remove(key: string): Promise<void> {
    const path = join(this.#folder, key)
    await rm(path, { force: true })
    // The folder of a backup goes with the last of its files.
    await removeIfEmpty(dirname(path))
  }
}

/** Passes on what is written into a folder, as long as the volume of the databases has more than its reserve. */
function leavingFree({ dataFolder, bytes: reserveBytes }: Reserve, folder: string): Transform {
  const isShared = statSync(folder).dev === statSync(dataFolder).dev
  let untilCheck = 0
  return new Transform({
    transform(chunk: Buffer, _, done) {
      untilCheck -= chunk.length
      if (!isShared || untilCheck > 0) return done(null, chunk)
      untilCheck = CHECK_EVERY_BYTES
      statfs(folder, (error, found) => {
        if (error) return done(error)
        if (found.bavail * found.bsize >= reserveBytes) return done(null, chunk)
        done(
          new EngineError('no_space', 'the backup could not be stored: the disk is full up to its reserve'),
        )
      })
    },
  })
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error
  })
}

/** Other backups come and go meanwhile: a folder that is gone when its turn comes held nothing. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const paths: string[] = []
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) paths.push(...(await filesBelow(path)))
    else if (entry.isFile()) paths.push(path)
  }
  return paths
}
