/** Dumps databases, each in a thread of its own that can be ended at any moment. */
import { Worker } from 'node:worker_threads'
import { ApiError } from '../errors.ts'
import { type Places, places } from '../sql/queue.ts'
import type { DumpOrder, DumpOutcome } from './dump-worker.ts'

const LIMIT_MS = 5 * 60_000
/** What the server may send: pg_dump holds its output in memory. */
const MOST_BYTES = 32 * 2 ** 20
const MOST_AT_ONCE = 2
const MOST_WAITING = 20
const MOST_MEMORY_MB = 512

/** Few dumps at once: each takes memory of this process. */
export class Dumper {
  readonly #all: Places = places(MOST_AT_ONCE, MOST_WAITING, 'to be dumped')
  readonly #ofAccount: Places = places(1, 5, 'to be dumped for this account')
  readonly #running = new Set<Worker>()

  /**
   * The JSON of the reply. `onBegin` is awaited once the dump has its place. Throws an `ApiError`; ends the dump once `signal` is
   * aborted.
   */
  dump(
    account: string,
    order: Omit<DumpOrder, 'mostBytes'>,
    { signal, onBegin }: { signal: AbortSignal; onBegin: () => Promise<void> },
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#ofAccount(account, signal, () =>
      this.#all('', signal, async () => {
        await onBegin()
        return this.#run({ ...order, mostBytes: MOST_BYTES }, signal)
      }),
    )
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((worker) => worker.terminate()))
  }

  async #run(order: DumpOrder, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const resourceLimits = { maxOldGenerationSizeMb: MOST_MEMORY_MB }
    const worker = new Worker(new URL('./dump-worker.ts', import.meta.url), {
      workerData: order,
      resourceLimits,
      // What it writes is told by its outcome.
      stdout: true,
      stderr: true,
    })
    this.#running.add(worker)
    const end = () => void worker.terminate()
    const timer = setTimeout(end, LIMIT_MS)
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    try {
      return toJson(await outcomeOf(worker))
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      this.#running.delete(worker)
      end()
    }
  }
}

function outcomeOf(worker: Worker): Promise<DumpOutcome | null> {
  return new Promise((resolve) => {
    worker.once('message', (outcome: DumpOutcome) => resolve(outcome))
    worker.once('error', () => resolve(null))
    worker.once('exit', () => resolve(null))
  })
}

function toJson(outcome: DumpOutcome | null): Uint8Array<ArrayBuffer> {
  if (outcome?.kind === 'reply') return outcome.json
  if (outcome?.kind === 'too_large') {
    throw new ApiError('result_too_large', `the dump is larger than ${MOST_BYTES / 2 ** 20} MB`, {
      fields: { hint: 'Use pg_dump 18 with the connection string, or make a backup.' },
    })
  }
  if (outcome?.kind === 'not_dumpable') throw new ApiError('unprocessable', outcome.reason)
  const reason = outcome?.reason ?? 'it took too long or too much memory'
  throw new ApiError('unavailable', `the database could not be dumped: ${reason}`, { retryAfter: 5 })
}
