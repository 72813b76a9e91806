/** Runs statements on a pooled session, and again on another where they did not run. */
import type { Credentials } from '@db9/postgres/scram/client'
import { clientGone, outOfStorage, unavailable } from '../errors.ts'
import type { ClientHandle } from './client.ts'
import { SLOW_AFTER_MS } from './concurrency.ts'
import type { PipelineRun, RunMode } from './connection.ts'
import { ConnectionLost, NotRun } from './errors.ts'
import type { PipelineOutcome, Statement } from './pipeline.ts'
import type { Pool } from './pool.ts'

export interface RunOptions {
  role: string
  /** As of `CheckoutRequest`. */
  credentials: Credentials | null
  mode: RunMode
  /**
   * The text by which it is known how long the statements take, where they may be sent behind others over one session:
   * such that only read, and so may be run a second time. Null where not.
   */
  shared: string | null
}

/** Attempts: pipelined, exclusive, then on a fresh session if the second was poisoned. */
const MAX_TRIES = 3

/**
 * Every statement in one pipeline. What was prepared before definitions changed is prepared again, once; what did not run
 * for another's fault runs on another session. Throws `ProxyError` and what `errors.ts` names, less `NotRun`.
 */
export async function run(
  statements: Statement[],
  options: RunOptions,
  client: ClientHandle,
  pool: Pool,
): Promise<PipelineOutcome> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    try {
      return await runOnce(statements, { ...options, isAgain: tries > 0 }, client, pool)
    } catch (error) {
      if (!(error instanceof NotRun)) throw error
    }
  }
  throw unavailable('the statement was not run; try again')
}

async function runOnce(
  statements: Statement[],
  { role, credentials, mode, shared: text, isAgain }: RunOptions & { isAgain: boolean },
  client: ClientHandle,
  pool: Pool,
): Promise<PipelineOutcome> {
  const shared = isAgain ? null : text
  const connection = await pool.acquire({ role, credentials, shared }, client)
  let isClean: Promise<boolean> = Promise.resolve(true)
  let isRetired = false
  client.onGone = () => {
    // A late cancel would hit the next run.
    isRetired = connection.cancel()
  }
  const send = () => {
    const sent = connection.run(statements, mode)
    isClean = sent.isClean
    return shared === null ? sent.outcome : unlessStuck(sent)
  }
  try {
    if (client.isGone) throw clientGone()
    let outcome = await send()
    const poison = mode === 'pipelined' ? findPoison(outcome, text !== null) : null
    if (poison) {
      pool.discardAll()
      throw poison
    }
    if (isStalePlan(outcome) && (await isClean)) {
      connection.forgetStatements()
      outcome = await send()
    }
    return explain(outcome, statements, pool)
  } finally {
    client.onGone = null
    void isClean.then((clean) => pool.release(connection, clean && !isRetired, shared))
  }
}

/** The outcome; rejects with `NotRun` where, after a while, it still waits for one that was sent before it. */
function unlessStuck({ outcome, isWaiting }: PipelineRun): Promise<PipelineOutcome> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      if (isWaiting()) reject(new NotRun())
    }, SLOW_AFTER_MS)
    outcome.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

const READ_ONLY_TRANSACTION = '25006'

/** Over its quota a database is read-only. A caller that did not ask for a read-only transaction is told why it was one. */
function explain(
  outcome: PipelineOutcome,
  [first]: readonly Statement[],
  { storage }: Pool,
): PipelineOutcome {
  const { results, error } = outcome
  if (error?.C !== READ_ONLY_TRANSACTION || storage === 'ok') return outcome
  if (/ READ ONLY\b/.test(first?.text ?? '')) return outcome
  const { code, message } = outOfStorage('delete what is not needed, or have the quota raised')
  return { results, error: { ...error, C: code, M: message } }
}

/** Whether a prepared statement itself failed, before it ran: gone (26000), or of another result than it had. */
function isStalePlan(outcome: PipelineOutcome): boolean {
  const { C: code, R: routine } = outcome.error ?? {}
  const isStale = code === '26000' || (code === '0A000' && routine === 'RevalidateCachedQuery')
  return isStale && canRunAgain(outcome)
}

/** Gone, there before it was prepared, or of another number of values. */
const NOT_OURS = new Set(['26000', '42P05', '08P01'])

/**
 * Why the outcome of a transaction is void: a function made away with prepared statements of the session, or prepared
 * others by their names. Null where nothing shows it.
 */
function findPoison(outcome: PipelineOutcome, readsOnly: boolean): NotRun | ConnectionLost | null {
  const { results, error } = outcome
  if (results[0] && results[0].command !== 'BEGIN') {
    // It is unknown what was kept of it.
    return readsOnly ? new NotRun() : new ConnectionLost('no transaction was begun')
  }
  const isOpen = error === null && !ENDS_TRANSACTION.has(results.at(-1)?.command ?? '')
  const isForeign = error !== null && NOT_OURS.has(error.C ?? '')
  return (isOpen || isForeign) && canRunAgain(outcome) ? new NotRun() : null
}

/** An error inside a function has a context (`W`), and a batch that committed on its own way cannot be run again. */
function canRunAgain({ error, results }: PipelineOutcome): boolean {
  const hasEnded = results.some(({ command }, i) => i > 0 && ENDS_TRANSACTION.has(command))
  return error?.W === undefined && !hasEnded
}

const ENDS_TRANSACTION = new Set(['COMMIT', 'ROLLBACK', 'PREPARE'])
