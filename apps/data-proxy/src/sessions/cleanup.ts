/** What brings a session back to how it began. */
import { bindAndExecute, parse, SYNC } from '@db9/postgres/frontend'
import { cstring, type Message } from '@db9/postgres/messages'

/**
 * What puts a pooled session back as it was when it began: `DISCARD ALL` (the same steps, sql-discard) less its
 * forgetting of plans, and as statements that may stand in a pipeline. They follow every request, authenticator's too:
 * a function that a caller calls can set a role or a setting for the session, lock, listen, make temporary tables.
 * Each with the tag that it is answered with.
 */
const STEPS = [
  ['ROLLBACK', 'ROLLBACK'],
  // A transaction begins with the session's defaults, which are reset too late for it; a deferrable one waits for others'.
  ['SET TRANSACTION ISOLATION LEVEL READ COMMITTED, NOT DEFERRABLE', 'SET'],
  ['CLOSE ALL', 'CLOSE CURSOR ALL'],
  // Sets the role back too.
  ['RESET SESSION AUTHORIZATION', 'RESET'],
  ['RESET ALL', 'RESET'],
  ['UNLISTEN *', 'UNLISTEN'],
  ['SELECT pg_catalog.pg_advisory_unlock_all()', 'SELECT 1'],
  ['DISCARD TEMP', 'DISCARD TEMP'],
  ['DISCARD SEQUENCES', 'DISCARD SEQUENCES'],
] as const
const named = STEPS.map(([text, tag], i) => ({ name: `db9_cleanup_${i}`, text, tag: cstring(tag) }))
/** Those that may stand where no transaction is open. */
const within = named.slice(1)

/** Prepares the steps; sent once, with the startup packet. */
export const PREPARE_CLEANUP = Buffer.concat([...named.map(({ name, text }) => parse(name, text)), SYNC])

/** Runs them; a part of its own behind the request's Sync, so that it runs even where the request failed. */
export const CLEANUP = Buffer.concat([...named.map(({ name }) => bindAndExecute(name, [])), SYNC])

/**
 * The same where no transaction is open, as part of a pipeline: in the transaction that Postgres begins for it. Nothing of
 * it runs, and nothing of what follows, where a statement before it failed.
 */
export const CLEANUP_WITHIN = Buffer.concat(within.map(({ name }) => bindAndExecute(name, [])))

/**
 * What is answered to a cleanup. A function can deallocate its steps and prepare others by their names, but by SQL only
 * what reads and writes rows (sql-prepare): none but the SELECT among the steps can be answered as if it had run.
 */
export class CleanupAnswer {
  readonly #tags: readonly Buffer[]
  #answered = 0
  #hasFailed = false

  constructor(kind: 'whole' | 'within') {
    this.#tags = (kind === 'whole' ? named : within).map(({ tag }) => tag)
  }

  take({ type, body }: Message): void {
    if (type === 'E') this.#hasFailed = true
    else if (type === 'C' && !this.#tags[this.#answered++]?.equals(body)) this.#hasFailed = true
  }

  /** Whether every step was answered as itself. */
  get isDone(): boolean {
    return this.#answered === this.#tags.length && !this.#hasFailed
  }
}
