/** Keeps databases ready ahead, so that a create takes milliseconds. */
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { EngineError } from '../../errors.ts'
import { copyFolder, publishFolder, removeTree, syncFolder } from './files.ts'

const PREFIX = 'spare-'
/** More copies at once than this take longer, all of them: two fill the disk's queue and leave a core to the servers. */
const COPIES_AT_ONCE = 2
const RETRY_MS = 5_000

interface Waiter {
  folder: string
  resolve(): void
  reject(error: unknown): void
}

/**
 * Databases made ahead: durable copies of the template, named `spare-<hash of the template>-<random>`. One is claimed by
 * its renaming, which happens or does not: whatever a crash interrupts, a spare is never handed out twice, and those
 * that are left serve the next start. Where none is ready, callers wait in turn for copies, of which few run at once.
 */
export class WarmPool {
  readonly #template: string
  readonly #size: number
  readonly #own: (folder: string) => Promise<void>
  readonly #ready: string[] = []
  readonly #waiting: Waiter[] = []
  readonly #making = new Set<Promise<void>>()
  #isFilling = false
  #isClosed = false
  #retry: NodeJS.Timeout | undefined

  /** `own` makes a copy of the template the files of a user of its own. */
  constructor(template: string, size: number, own: (folder: string) => Promise<void>) {
    this.#template = template
    this.#size = size
    this.#own = own
  }

  /** Takes over what an earlier run made, and from then on keeps `size` spares ready. Called once. */
  async open(): Promise<void> {
    const folder = dirname(this.#template)
    for (const entry of readdirSync(folder)) {
      if (!entry.startsWith(PREFIX)) continue
      // Half copied, half removed, or of another release's template.
      const isFit = entry.startsWith(this.#prefix) && !entry.includes('.')
      if (isFit && this.#ready.length < this.#size) this.#ready.push(join(folder, entry))
      else await removeTree(join(folder, entry))
    }
    this.#isFilling = true
    this.#pump()
  }

  /** How many are ready now. */
  get ready(): number {
    return this.#ready.length
  }

  /** Puts a fresh database in place of `folder`, which must not exist; durable once it resolves. */
  async take(folder: string): Promise<void> {
    if (this.#isClosed) throw closing()
    const spare = this.#ready.shift()
    if (spare === undefined) return this.#wait(folder)
    this.#pump()
    await claim(spare, folder)
  }

  /** Gives up what is being made. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#retry)
    for (const waiter of this.#waiting.splice(0)) waiter.reject(closing())
    await Promise.allSettled(this.#making)
  }

  get #prefix(): string {
    return `${PREFIX}${basename(this.#template).replace(/^template-/, '')}-`
  }

  #wait(folder: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ folder, resolve, reject })
      this.#pump()
    })
  }

  /** Begins the copies that are due. In the background one at a time, for callers who wait as many as help. */
  #pump(): void {
    for (;;) {
      const missing = this.#isFilling ? this.#size - this.#ready.length : 0
      const due = Math.min(this.#waiting.length + missing, this.#waiting.length > 0 ? COPIES_AT_ONCE : 1)
      if (this.#isClosed || this.#making.size >= due || this.#retry) return
      const making: Promise<void> = this.#make().finally(() => {
        this.#making.delete(making)
        this.#pump()
      })
      this.#making.add(making)
    }
  }

  async #make(): Promise<void> {
    const spare = join(dirname(this.#template), this.#prefix + randomBytes(6).toString('hex'))
    const isAwaited = this.#waiting.length > 0
    try {
      await copyFolder(this.#template, `${spare}.tmp`, { isUrgent: isAwaited })
      await this.#own(`${spare}.tmp`)
      await publishFolder(`${spare}.tmp`, spare)
    } catch (error) {
      await removeTree(`${spare}.tmp`).catch(() => {})
      const waiter = this.#waiting.shift()
      if (waiter) waiter.reject(copyFailed(error))
      else this.#pause()
      return
    }
    const waiter = this.#waiting.shift()
    if (waiter) claim(spare, waiter.folder).then(waiter.resolve, waiter.reject)
    else this.#ready.push(spare)
  }

  /** What fails in the background, as on a full disk, would fail at once again. */
  #pause(): void {
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#pump()
    }, RETRY_MS).unref()
  }
}

async function claim(spare: string, folder: string): Promise<void> {
  await rename(spare, folder)
  await syncFolder(dirname(folder))
}

const closing = () => new EngineError('unavailable', 'the engine is shutting down')

function copyFailed(cause: unknown): EngineError {
  const isFull = /No space left on device/.test(String((cause as { stderr?: unknown }).stderr ?? cause))
  const reason = isFull ? 'the disk is full' : 'its files could not be copied'
  return new EngineError('failed', `the database could not be made: ${reason}`, { cause })
}
