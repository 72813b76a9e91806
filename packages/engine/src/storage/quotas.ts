import { statfs } from 'node:fs/promises'
import type { StorageState } from '@db9/types/internal'
import type { ServerFiles } from '../files.ts'
import { readSmallFile } from '../safe-files.ts'
import type { RunningServer } from '../server.ts'
import { asSuperuser } from '../superuser.ts'
import { Turns } from '../turns.ts'
import { applyStorageState, readUsedBytes } from './apply.ts'
import { storageState } from './state.ts'

export interface QuotasOptions {
  dataFolder: string
  /** The volume is low on space below this; then only the owners of databases may connect. */
  lowBytes: number
  /** Bytes, or null for no quota. */
  quotaOf(id: string): number | null
  /** Servers that run now. */
  running(): { id: string; server: RunningServer; files: ServerFiles }[]
  /** Told when what a database may do has changed. */
  onChange(id: string, server: RunningServer): void
}

const LOOK_MS = 10_000
const LOOKS_AT_ONCE = 8
const CONFIGURATION_BYTES = 2 ** 20

/** Looks at the disk now and then, and at each start of a server, and holds databases to their quotas. */
export class Quotas {
  readonly #options: QuotasOptions
  /** Those that may not do everything. */
  readonly #limited = new Map<string, StorageState>()
  readonly #checks = new Turns()
  #freeBytes = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #look: Promise<void> = Promise.resolve()

  constructor(options: QuotasOptions) {
    this.#options = options
  }

  start(): void {
    const look = () => {
      this.#look = this.#look.then(() => this.look()).catch(() => {})
    }
    look()
    this.#timer ??= setInterval(look, LOOK_MS).unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#look
  }

  stateOf(id: string): StorageState {
    return this.#limited.get(id) ?? 'ok'
  }

  /** Looks at every server that runs. One that cannot be asked now is asked the next time. */
  async look(): Promise<void> {
    this.#freeBytes = await freeBytes(this.#options.dataFolder)
    const servers = this.#options.running().values()
    const work = async () => {
      for (const { id, server, files } of servers) await this.check(id, server, files).catch(() => {})
    }
    // Side by side: an owner's lock makes one of them slow to answer, and must not put off the look at the others.
    await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, work))
  }

  /** Holds one server to its quota; costs a look at a file where it has none and there is room. */
  check(id: string, server: RunningServer, files: ServerFiles): Promise<void> {
    // One look at a time: an earlier one, by a quota that has been changed since, must not have the last word.
    return this.#checks.take(id, () => this.#check(id, server, files))
  }

  async #check(id: string, server: RunningServer, files: ServerFiles): Promise<void> {
    const quotaBytes = this.#options.quotaOf(id)
    const isLow = this.#freeBytes < this.#options.lowBytes
    const isLimited = this.#limited.has(id) || isReadOnlyByFile(files)
    if (quotaBytes === null && !isLow && !isLimited) return
    const before = this.stateOf(id)
    const state = await asSuperuser(server, 'template1', async (client) => {
      const usedBytes = await readUsedBytes(client)
      const { lowBytes } = this.#options
      const found = storageState({ usedBytes, quotaBytes, freeBytes: this.#freeBytes, lowBytes })
      await applyStorageState(client, found)
      return found
    })
    if (state === 'ok') this.#limited.delete(id)
    else this.#limited.set(id, state)
    if (state !== before) this.#options.onChange(id, server)
  }

  forget(id: string): void {
    this.#limited.delete(id)
  }
}

/** A copy brings the file of its source along. */
function isReadOnlyByFile({ data }: ServerFiles): boolean {
  try {
    const text = readSmallFile(data, 'postgresql.auto.conf', CONFIGURATION_BYTES)?.toString() ?? ''
    return text.includes('default_transaction_read_only')
  } catch {
    // None that Postgres wrote.
    return false
  }
}

export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
