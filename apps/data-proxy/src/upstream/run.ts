import { outOfStorage, ProxyError } from '../errors.ts'
import type { PipelineRun, Standing } from './connection.ts'
import { NotRun } from './lost.ts'
import type { PipelineOutcome, Statement } from './pipeline.ts'
import type { Pool } from './pool.ts'
import { SLOW_AFTER_MS } from './room.ts'

/** The client of one request: whether it still waits, and what to do when it no longer does. */
export interface Attendance {
  isGone: boolean
  onGone: (() => void) | null
}

export interface RunOptions {
  role: string
  standing: Standing
  /**
   * The text by which it is known how long the statements take, where they may be sent behind others over one session:
   * such that only read, and so may be run a second time. Null where not.
   */
  shared: string | null
}

/** Every statement in one pipeline. What was prepared before definitions changed is prepared again, once. */
export async function run(
  statements: Statement[],
  options: RunOptions,
  client: Attendance,
  pool: Pool,
): Promise<PipelineOutcome> {
  try {
    return await runOnce(statements, options, client, pool)
  } catch (error) {
    if (!(error instanceof NotRun)) throw error
    return runOnce(statements, { ...options, shared: null }, client, pool)
  }
}

async function runOnce(
  statements: Statement[],
  { role, standing, shared }: RunOptions,
  client: Attendance,
  pool: Pool,
): Promise<PipelineOutcome> {
  const connection = await pool.acquire(role, shared)
  let isClean: Promise<boolean> = Promise.resolve(true)
  let wasCancelled = false
  client.onGone = () => {
    wasCancelled = connection.cancel()
  }
  try {
    if (client.isGone) throw new ProxyError('08006', 'the client went away')
    const first = connection.run(statements, standing)
    isClean = first.isClean
    const outcome = explain(await (shared === null ? first.outcome : unlessStuck(first)), statements, pool)
    if (!isStalePlan(outcome) || !(await isClean)) return outcome
    connection.forgetStatements()
    const second = connection.run(statements, standing)
    isClean = second.isClean
    return explain(await second.outcome, statements, pool)
  } finally {
    client.onGone = null
    // A late cancel would hit whoever comes next.
    void isClean.then((clean) => pool.release(connection, clean && !wasCancelled, shared))
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

/** Over its quota a database is read-only. Whoever did not ask for a read-only transaction is told why it was one. */
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

/**
 * Whether a prepared statement itself failed, before it ran: gone (26000), or of another result than it had. An error
 * inside a function has a context (`W`), and a batch that committed on its own way cannot be run again.
 */
function isStalePlan({ error, results }: PipelineOutcome): boolean {
  if (!error || error.W !== undefined) return false
  const { C: code, R: routine } = error
  const isStale = code === '26000' || (code === '0A000' && routine === 'RevalidateCachedQuery')
  return isStale && results.every(({ command }, i) => i === 0 || !ENDS_TRANSACTION.has(command))
}

const ENDS_TRANSACTION = new Set(['COMMIT', 'ROLLBACK', 'PREPARE'])
