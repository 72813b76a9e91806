/**
 * Quick reads of one database that come close together leave in one call to the data proxy: a call costs an isolate more
 * than all else that it does for a read. While some are under way, what comes waits for the next call, but never for
 * long. Whatever goes wrong with a call, each of its reads is then sent by itself.
 *
 * A call belongs to the request that makes it, and requests come and go: nobody relies on another's. Each has timers of
 * its own, and what it shares with others are strings and functions, never anything that does I/O
 * (https://developers.cloudflare.com/workers/observability/errors/#cannot-perform-io-on-behalf-of-a-different-request).
 */

/** While so many calls, and so many reads in them, are under way, the next read waits for company. */
const FEW_CALLS = 2
const FEW_READS = 6
/** A call older than this (ms) keeps nobody waiting any more: the data proxy is far away, or the caller is gone. */
const FRESH_MS = 5
/** The first of each group in line makes a call of its own after this (ms), and those behind it go along. */
const MAX_WAIT_MS = 5
/** Those behind see to themselves after this (ms), should the first be gone; so late since a timer is dear once it fires. */
const MAX_WAIT_BEHIND_MS = 20
/** A call that is not answered within this (ms) is none any more. */
const PATIENCE_MS = 1_000
const MAX_WAITING = 1_000

/** What a read's own request can do for it and others. */
export interface Read<Self, Answer> {
  /** Asks for all of the reads in one call of this request, itself first; an answer each, null for one to be sent by itself. */
  send(reads: readonly Self[]): Promise<(Answer | null)[]>
  /** Keeps this request alive for the others, should its own client leave. */
  waitUntil(work: Promise<unknown>): void
}

/**
 * What becomes of a read. `alone`: it has no company and is to be sent by itself, which counts as a call until `end` is
 * called. `unanswered`: it had company, and is to be sent by itself all the same.
 */
export type Verdict<Answer> =
  | { kind: 'answered'; answer: Answer }
  | { kind: 'alone'; end: () => void }
  | { kind: 'unanswered' }

interface Waiting<R, Answer> {
  read: R
  settle(turn: Turn<Answer>): void
}

/** `lead`: it is to make a call, for those who wait too. */
type Turn<Answer> = { kind: 'lead'; call: Call } | { kind: 'told'; answer: Answer | null }

interface Call {
  since: number
  reads: number
}

export class Lane<R extends Read<R, Answer>, Answer> {
  readonly #now: () => number
  /** So many leave the line at once: a call's worth, less the place of a read that comes by and takes them along. */
  readonly #group: number
  #calls: Call[] = []
  readonly #waiting: Waiting<R, Answer>[] = []

  /** At most `maxReads` go in one call; `now` is in milliseconds. */
  constructor(maxReads: number, now: () => number) {
    this.#now = now
    this.#group = maxReads - 1
  }

  /** Never rejects, and never takes much longer than `PATIENCE_MS`. */
  async join(read: R): Promise<Verdict<Answer>> {
    const call = this.#begin()
    if (call) return this.#lead(read, call, this.#group)
    if (this.#waiting.length >= MAX_WAITING) return { kind: 'unanswered' }
    const turn = await this.#wait(read)
    return turn.kind === 'lead' ? this.#lead(read, turn.call, this.#group - 1) : toVerdict(turn.answer)
  }

  /** Null where enough are under way. */
  #begin(): Call | null {
    const now = this.#now()
    this.#calls = this.#calls.filter(({ since }) => now - since < FRESH_MS)
    const reads = this.#calls.reduce((sum, call) => sum + call.reads, 0)
    if (this.#calls.length >= FEW_CALLS && reads >= FEW_READS) return null
    const call = { since: now, reads: 1 }
    this.#calls.push(call)
    return call
  }

  #end(call: Call): void {
    this.#calls = this.#calls.filter((other) => other !== call)
    if (this.#waiting.length === 0) return
    const next = this.#begin()
    if (next) this.#waiting.shift()?.settle({ kind: 'lead', call: next })
  }

  async #wait(read: R): Promise<Turn<Answer>> {
    const { promise, resolve } = Promise.withResolvers<Turn<Answer>>()
    const waiting = { read, settle: resolve }
    const isFirst = this.#waiting.length % this.#group === 0
    const maxWaitMs = isFirst ? MAX_WAIT_MS : MAX_WAIT_BEHIND_MS
    this.#waiting.push(waiting)
    let timer = setTimeout(() => {
      const at = this.#waiting.indexOf(waiting)
      if (at >= 0) {
        this.#waiting.splice(at, 1)
        resolve({ kind: 'lead', call: { since: this.#now(), reads: 1 } })
      } else timer = setTimeout(() => resolve({ kind: 'told', answer: null }), PATIENCE_MS)
    }, maxWaitMs)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }

  async #lead(read: R, call: Call, room: number): Promise<Verdict<Answer>> {
    const others = this.#waiting.splice(0, room)
    if (others.length === 0) return { kind: 'alone', end: () => this.#end(call) }
    call.reads += others.length
    const reads = [read, ...others.map((other) => other.read)]
    const asked = answersTo<R, Answer>(reads, read).then(([own = null, ...rest]) => {
      for (const [i, { settle }] of others.entries()) settle({ kind: 'told', answer: rest[i] ?? null })
      this.#end(call)
      return own
    })
    read.waitUntil(asked)
    return toVerdict(await asked)
  }
}

function toVerdict<Answer>(answer: Answer | null): Verdict<Answer> {
  return answer === null ? { kind: 'unanswered' } : { kind: 'answered', answer }
}

/** None where the call goes wrong, or takes too long. */
async function answersTo<R extends Read<R, Answer>, Answer>(
  reads: readonly R[],
  by: R,
): Promise<(Answer | null)[]> {
  const { promise: late, resolve } = Promise.withResolvers<never[]>()
  const timer = setTimeout(() => resolve([]), PATIENCE_MS)
  try {
    return await Promise.race([by.send(reads), late])
  } catch {
    return []
  } finally {
    clearTimeout(timer)
  }
}
