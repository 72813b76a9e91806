import { outOfStorage, ProxyError } from '../errors.ts'
import type { CleanupPlace, PipelineOutcome, Statement } from './connection.ts'
import type { Pool } from './pool.ts'

/** The client of one request: whether it still waits, and what to do when it no longer does. */
export interface Attendance {
  isGone: boolean
  onGone: (() => void) | null
}

/** Every statement in one pipeline. What was prepared before definitions changed is prepared again, once. */
export async function run(
  statements: Statement[],
  role: string,
  client: Attendance,
  pool: Pool,
  place: CleanupPlace = 'behind',
): Promise<PipelineOutcome> {
  const connection = await pool.acquire(role)
  let isClean: Promise<boolean> = Promise.resolve(true)
  let wasCancelled = false
  client.onGone = () => {
    wasCancelled = true
    connection.cancel()
  }
  try {
    if (client.isGone) throw new ProxyError('08006', 'the client went away')
    const first = connection.run(statements, place)
    isClean = first.isClean
    const outcome = explain(await first.outcome, statements, pool)
    if (!isStalePlan(outcome) || !(await isClean)) return outcome
    connection.forgetStatements()
    const second = connection.run(statements, place)
    isClean = second.isClean
    return explain(await second.outcome, statements, pool)
  } finally {
    client.onGone = null
    // A late cancel would hit whoever comes next.
    void isClean.then((clean) => pool.release(connection, clean && !wasCancelled))
  }
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
