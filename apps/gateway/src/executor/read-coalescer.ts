/**
 * The read coalescer sends quick reads of one database that arrive together in one call to the data proxy, because a call
 * costs an isolate more than all other work for a read. While a few reads are pending, a new one waits briefly for the next
 * call. When a call fails, each of its reads is sent by itself.
 *
 * The read that makes a call is its leader; the reads that share it are its followers. A request may end at any time, so no
 * read depends on the request of another: each has timers of its own, and reads share only strings and functions, never an
 * object that does I/O
 * (https://developers.cloudflare.com/workers/observability/errors/#cannot-perform-io-on-behalf-of-a-different-request).
 */
import { within } from '@db9/types/within'

/** While this many calls, with this many reads in them, are pending, the next read waits for others. */
const FEW_CALLS = 2
const FEW_READS = 6
/** An older call (ms) no longer makes reads wait: the data proxy is far away, or the request of the leader has ended. */
const FRESH_MS = 5
/** The first read of each group that waits makes a call after this (ms), with the reads behind it. */
const MAX_WAIT_MS = 5
/** The reads behind it stop waiting after this (ms). Longer, because a timer that fires is costly in workerd. */
const MAX_WAIT_BEHIND_MS = 20
/** A call without an answer after this (ms) is abandoned. */
const PATIENCE_MS = 1_000
const MAX_WAITING = 1_000

/** What the request of a read can do. */
export interface Read<Self, Answer> {
  /** Sends all of the reads in one call of this request, itself first. An answer is null where that read is to be sent by itself. */
  send(reads: readonly Self[]): Promise<(Answer | null)[]>
  /** Keeps this request alive for its followers, should its own client leave. */
  waitUntil(work: Promise<unknown>): void
}

/**
 * How a read ends. `solo`: no other read waits, so it is to be sent by itself; it counts as a call until `end` is called.
 * `unanswered`: its call gave no answer to it, so it is to be sent by itself too.
 */
export type Outcome<Answer> =
  | { kind: 'answered'; answer: Answer }
  | { kind: 'solo'; end: () => void }
  | { kind: 'unanswered' }

interface Waiting<R, Answer> {
  read: R
  settle(turn: Turn<Answer>): void
}

/** How waiting ends: the read leads a call, or the answer of another read's call is there. */
type Turn<Answer> = { kind: 'lead'; call: Call } | { kind: 'followed'; answer: Answer | null }

interface Call {
  since: number
  reads: number
}

export class ReadCoalescer<R extends Read<R, Answer>, Answer> {
  readonly #now: () => number
  /** How many waiting reads leave together: one less than a call takes, since the read that arrives next may lead them. */
  readonly #group: number
  #calls: Call[] = []
  readonly #waiting: Waiting<R, Answer>[] = []

  /** At most `maxReads` go in one call. `now` is in milliseconds. */
  constructor(maxReads: number, now: () => number) {
    this.#now = now
    this.#group = maxReads - 1
  }

  /** Never rejects, and takes little longer than `PATIENCE_MS` at most. */
  async join(read: R): Promise<Outcome<Answer>> {
    const call = this.#begin()
    if (call) return this.#lead(read, call, this.#group)
    if (this.#waiting.length >= MAX_WAITING) return { kind: 'unanswered' }
    const turn = await this.#wait(read)
    return turn.kind === 'lead' ? this.#lead(read, turn.call, this.#group - 1) : toOutcome(turn.answer)
  }

  /** Null where enough calls are pending. */
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
      } else timer = setTimeout(() => resolve({ kind: 'followed', answer: null }), PATIENCE_MS)
    }, maxWaitMs)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }

  async #lead(read: R, call: Call, room: number): Promise<Outcome<Answer>> {
    const followers = this.#waiting.splice(0, room)
    if (followers.length === 0) return { kind: 'solo', end: () => this.#end(call) }
    call.reads += followers.length
    const reads = [read, ...followers.map((follower) => follower.read)]
    const answered = answersTo<R, Answer>(reads, read).then(([own = null, ...rest]) => {
      for (const [i, { settle }] of followers.entries()) settle({ kind: 'followed', answer: rest[i] ?? null })
      this.#end(call)
      return own
    })
    read.waitUntil(answered)
    return toOutcome(await answered)
  }
}

function toOutcome<Answer>(answer: Answer | null): Outcome<Answer> {
  return answer === null ? { kind: 'unanswered' } : { kind: 'answered', answer }
}

/** Empty where the call fails, or takes longer than `PATIENCE_MS`. */
async function answersTo<R extends Read<R, Answer>, Answer>(
  reads: readonly R[],
  leader: R,
): Promise<(Answer | null)[]> {
  try {
    return await within(PATIENCE_MS, leader.send(reads), (): (Answer | null)[] => [])
  } catch {
    return []
  }
}
