import { randomBytes } from 'node:crypto'
import { createWriteStream, statSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { syncFolder } from '../files.ts'
import type { BackupStore } from './store.ts'

const DRAFT_SUFFIX = '.draft'

/** Backups below a folder, which only who runs the service reads. */
export class FolderStore implements BackupStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async put(key: string, content: Readable): Promise<number> {
    const path = join(this.#folder, key)
    const draft = `${path}.${randomBytes(6).toString('hex')}${DRAFT_SUFFIX}`
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    try {
      await pipeline(content, createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true }))
      const { size } = statSync(draft)
      await rename(draft, path)
      // A folder is durable by the one it is in.
      for (const folder of [dirname(path), this.#folder]) await syncFolder(folder)
      return size
    } catch (error) {
      await rm(draft, { force: true })
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
    await rmdir(dirname(path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT') throw error
    })
  }
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
