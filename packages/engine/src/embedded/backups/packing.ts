/**
 * Packs a copy in a process of its own, of low priority and of little memory: what a database holds may be made such that
 * reading it takes long, and the service has one thread for all.
 */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import { bytesOf } from '../copies/copy-bounds.ts'
import { multiplied } from '../copies/copy-size.ts'
import type { CopySink } from '../copies/sink.ts'
import { UncountedFiles } from '../storage/disk-usage.ts'
import type { DataFacts } from './manifest.ts'
import { fromFailure, onEnd, startOwnProcess } from './own-process.ts'
import type { PackOrder, PackReport } from './pack-messages.ts'

const PROGRAM = join(import.meta.dirname, 'packing-process.ts')

/** A pack in the making. */
export class Packing implements CopySink {
  readonly #child: ChildProcess
  readonly #source: string
  #answer = Promise.withResolvers<DataFacts | null>()
  #isOver = false
  /** Of the files that were packed until now. */
  fileBytes = 0
  readonly #content = new PassThrough()

  /** @param source the data directory, by whose size the pack is bounded */
  constructor(source: string, signal?: AbortSignal) {
    this.#source = source
    this.#child = startOwnProcess(PROGRAM, { isUrgent: false })
    const { stdout } = this.#child
    if (!stdout) throw new TypeError('the process has no output')
    stdout.pipe(this.#content, { end: false })
    // Until its facts are told it ends because the process does.
    stdout.once('end', () => this.#isOver && this.#content.end())
    this.#child.on('message', (report: PackReport) => this.#hear(report))
    onEnd(this.#child, (reason) => this.#give(reason))
    signal?.addEventListener('abort', () => this.#give(signal.reason), { once: true })
  }

  /** The pack, which ends by an error where it is not whole. */
  get content(): Readable {
    return this.#content
  }

  async data(from: string): Promise<void> {
    await this.#ask({ kind: 'data', from })
  }

  async wal(data: string, names: string[]): Promise<void> {
    await this.#ask({ kind: 'wal', data, names })
  }

  async label(text: string): Promise<void> {
    await this.#ask({ kind: 'label', text })
  }

  /** Ends the pack. Resolves once all of it was taken from `content`, but for what is on its way. */
  async end(): Promise<DataFacts> {
    const facts = await this.#ask({ kind: 'end' })
    if (facts === null) throw new TypeError('the process told no facts')
    this.#isOver = true
    this.#child.disconnect()
    return facts
  }

  async discard(): Promise<void> {
    this.#give(new Error('the backup was given up'))
  }

  async #ask(order: PackOrder): Promise<DataFacts | null> {
    if (this.#isOver) return this.#answer.promise
    this.#answer = Promise.withResolvers()
    this.#send(order)
    return this.#answer.promise
  }

  #hear(report: PackReport): void {
    if (report.kind === 'done') this.#answer.resolve(report.facts)
    else if (report.kind === 'failed') this.#answer.reject(fromFailure(report))
    else if (report.kind === 'progress') this.fileBytes = report.fileBytes
    else void this.#measure()
  }

  async #measure(): Promise<void> {
    try {
      this.#send({ kind: 'measured', bytes: await bytesOf([this.#source]) })
    } catch (error) {
      // They are none that Postgres made.
      this.#answer.reject(error instanceof UncountedFiles ? multiplied() : error)
    }
  }

  #send(order: PackOrder): void {
    if (this.#child.connected) this.#child.send(order)
  }

  /** Ends all of it for this reason, unless it has ended. */
  #give(reason: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    const error = reason instanceof Error ? reason : new Error(String(reason))
    this.#answer.promise.catch(() => {})
    this.#answer.reject(error)
    this.#content.destroy(error)
    this.#child.kill('SIGKILL')
  }
}
