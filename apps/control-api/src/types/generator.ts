/** Writes the types of databases, each in a thread of its own. */
import { ApiError, unprocessable } from '../errors.ts'
import { type Places, places } from '../sql/queue.ts'
import { Threads } from '../threads/threads.ts'
import type { TypesOrder, TypesOutcome } from './types-worker.ts'

const LIMITS = { memoryMb: 256, limitMs: 30_000 }
/** Of the catalog, as it arrives. */
const MOST_BYTES = 16 * 2 ** 20
/** Each takes memory and a processor of this machine. */
const MOST_AT_ONCE = 2
const MOST_WAITING = 20
const MODULE = new URL('./types-worker.ts', import.meta.url)

export class TypesGenerator {
  readonly #all: Places = places(MOST_AT_ONCE, MOST_WAITING, 'for their types')
  readonly #ofAccount: Places = places(1, 5, 'for types of this account')
  readonly #threads = new Threads()

  /** The text of the types. Throws an `ApiError`; ends once `signal` is aborted. */
  generate(account: string, order: Omit<TypesOrder, 'mostBytes'>, signal: AbortSignal): Promise<string> {
    return this.#ofAccount(account, signal, () =>
      this.#all('', signal, async () => {
        const whole: TypesOrder = { ...order, mostBytes: MOST_BYTES }
        return toTypes(await this.#threads.run<TypesOutcome>(MODULE, whole, { ...LIMITS, signal }))
      }),
    )
  }

  close(): Promise<void> {
    return this.#threads.close()
  }
}

function toTypes(outcome: TypesOutcome | null): string {
  if (outcome?.kind === 'types') return outcome.text
  if (outcome?.kind === 'no_schema') throw unprocessable('schemas', `there is no schema "${outcome.schema}"`)
  if (outcome?.kind === 'too_large') {
    throw new ApiError('result_too_large', 'the database defines too much; ask for fewer schemas')
  }
  const reason = outcome?.reason ?? 'it took too long or too much memory'
  throw new ApiError('unavailable', `the types could not be made: ${reason}`, { retryAfter: 5 })
}
