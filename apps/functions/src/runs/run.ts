/** A run of a function, as the host knows it while it is under way. */
import { randomBytes } from 'node:crypto'
import type { CodeSpec, RunStart } from '@db9/types/functions-part'
import { RunLog } from './run-log.ts'

/** Why a run was ended from outside. */
export type EndReason = 'timed_out' | 'cancelled' | 'client_gone'

export class Run {
  readonly id: string
  /** What its isolate asks the host by; in no environment, and good until the run ends. */
  readonly token = randomBytes(16).toString('hex')
  readonly code: CodeSpec
  readonly start: RunStart
  readonly log = new RunLog()
  readonly deadline: number
  readonly #abort = new AbortController()
  readonly #lastLine = Promise.withResolvers<void>()
  #reason: EndReason | null = null

  constructor(code: CodeSpec, start: RunStart, now = Date.now()) {
    this.id = start.run_id
    this.code = code
    this.start = start
    this.deadline = now + start.timeout_ms
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Null while nothing outside has ended it. */
  get reason(): EndReason | null {
    return this.#reason
  }

  end(reason: EndReason): void {
    this.#reason ??= reason
    this.#abort.abort()
  }

  /** A line of its console. */
  write(level: string, text: string): void {
    if (level === 'end') this.#lastLine.resolve()
    else this.log.add(level, text)
  }

  /** Resolves when it has said that it writes no more. */
  get lastLine(): Promise<void> {
    return this.#lastLine.promise
  }

  /** Milliseconds that are left of it. */
  timeLeft(now = Date.now()): number {
    return Math.max(1, this.deadline - now)
  }
}
