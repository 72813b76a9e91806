/** Dumps databases, each in a thread of its own that can be ended at any moment. */
import { ApiError } from '../errors.ts'
import { type Places, places } from '../sql/queue.ts'
import { Threads } from '../threads/threads.ts'
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
  readonly #threads = new Threads()

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

  close(): Promise<void> {
    return this.#threads.close()
  }

  async #run(order: DumpOrder, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const module = new URL('./dump-worker.ts', import.meta.url)
    const limits = { memoryMb: MOST_MEMORY_MB, limitMs: LIMIT_MS, signal }
    return toJson(await this.#threads.run<DumpOutcome>(module, order, limits))
  }
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
