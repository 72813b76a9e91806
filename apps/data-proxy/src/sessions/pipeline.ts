/** One pipeline: the statements that were sent in it, and what is answered to them. Pure; the session sends and reads. */
import {
  type ErrorFields,
  NO_ROWS,
  type RowDescription,
  readCommandTag,
  readCString,
  readError,
  readRowDescription,
} from '@db9/postgres/backend'
import type { Message } from '@db9/postgres/messages'
import { isServerUnavailable } from '@db9/postgres/sqlstate'
import { CleanupAnswer } from './cleanup.ts'
import { CopyRefused, NotRun, ResultTooLarge } from './errors.ts'
import type { Prepared } from './statement-cache.ts'

export interface Statement {
  text: string
  params: readonly (string | null)[]
}

export interface StatementResult {
  description: RowDescription
  /** DataRows as they came; `readRow` reads one. */
  rows: Buffer[]
  command: string
  rowCount: number | null
}

/** What became of a pipeline: the results before the first error, and that error. */
export interface PipelineOutcome {
  results: StatementResult[]
  error: ErrorFields | null
}

/** Of all rows together, as Postgres writes them. */
export const MAX_RESULT_BYTES = 10 * 1024 * 1024
/** What a row costs beside its values, so that empty rows count too. */
const ROW_BYTES = 16

/**
 * Where the session is cleaned up on the pipeline's own Sync: before its statements, since what was sent before may leave
 * the session otherwise, behind them, or not. Where it is, they begin and end one transaction.
 */
export type Cleaning = 'before' | 'behind' | 'none'

export class Pipeline {
  readonly cleaning: Cleaning
  /** Resolves with the outcome; rejects with what `errors.ts` names. */
  readonly ended = Promise.withResolvers<PipelineOutcome>()
  /** Resolves with whether the next run finds the session as it was. */
  readonly cleaned = Promise.withResolvers<boolean>()
  /** In the order of the statements. */
  readonly prepared: Prepared[] = []
  readonly #size: number
  readonly #results: StatementResult[] = []
  #rows: Buffer[] = []
  #bytes = 0
  #error: ErrorFields | null = null
  readonly #cleanup: CleanupAnswer | null

  constructor(size: number, cleaning: Cleaning) {
    this.#size = size
    this.cleaning = cleaning
    this.#cleanup = cleaning === 'none' ? null : new CleanupAnswer('within')
  }

  /**
   * Takes one message of the answer. Gives the statement that it described, where it was just prepared. Throws
   * `ResultTooLarge` and `CopyRefused`.
   */
  take(message: Message): Prepared | null {
    const { type } = message
    if (this.#isCleaning) this.#cleanup?.take(message)
    else if (type === 'D') this.#addRow(message.body)
    else if (type === 'C') this.#complete(readCString(message.body))
    else if (type === 'I') this.#complete('')
    else if (type === 'T') return this.#describe(readRowDescription(message.body))
    else if (type === 'n') return this.#describe(NO_ROWS)
    else if (type === 'E') this.#error ??= readError(message.body)
    else if (type === 'G' || type === 'H' || type === 'W') throw new CopyRefused()
    return null
  }

  /** Its ReadyForQuery came. */
  end(): void {
    if (!this.#hasBegun) this.ended.reject(new NotRun())
    else this.ended.resolve({ results: this.#results, error: this.#error })
  }

  /** Whether the session was cleaned up behind the statements. */
  get isCleanedUp(): boolean {
    return this.cleaning === 'behind' && this.#cleanup?.isDone === true
  }

  /** The session ended before the answer did. */
  lose(reason: Error): void {
    const error = this.#error
    // A statement can cost the session, as transaction_timeout does; its error is then the answer.
    const isFatal = error?.V === 'FATAL' && !isServerUnavailable(error.C)
    if (!this.#hasBegun) this.ended.reject(new NotRun())
    else if (isFatal || this.#hasCommitted) this.ended.resolve({ results: this.#results, error })
    else this.ended.reject(reason)
    this.cleaned.resolve(false)
  }

  /** Whether what is answered now is the cleanup's. */
  get #isCleaning(): boolean {
    return !this.#hasBegun || (this.cleaning === 'behind' && this.#isWhole)
  }

  /** Whether it got to its own statements: where the cleanup before them failed, what follows was skipped, or is void. */
  get #hasBegun(): boolean {
    return this.cleaning !== 'before' || this.#cleanup?.isDone === true
  }

  get #isWhole(): boolean {
    return this.#results.length === this.#size
  }

  /** Whether its transaction ended, even where the cleanup behind it failed. */
  get #hasCommitted(): boolean {
    return this.cleaning !== 'none' && this.#isWhole
  }

  #addRow(body: Buffer): void {
    this.#bytes += body.length + ROW_BYTES
    if (this.#bytes > MAX_RESULT_BYTES) throw new ResultTooLarge()
    this.#rows.push(body)
  }

  #complete(tag: string): void {
    const description = this.prepared[this.#results.length]?.description ?? NO_ROWS
    this.#results.push({ description, rows: this.#rows, ...readCommandTag(tag) })
    this.#rows = []
  }

  #describe(description: RowDescription): Prepared | null {
    const prepared = this.prepared[this.#results.length]
    if (!prepared) return null
    prepared.description = description
    return prepared
  }
}
