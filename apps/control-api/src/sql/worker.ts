/** A thread that runs statements of the REST API and encodes their results, so that the main thread stays free. */
import { parentPort } from 'node:worker_threads'
import { ByteAccounts } from '../byte-accounts.ts'
import { type Outcome, toOutcome } from './outcome.ts'
import { toSqlReply } from './reply.ts'
import { runSession, type SessionOptions } from './session.ts'
import type { TextQuery } from './text-query.ts'

/** One request's SQL, and what bounds it. */
export interface StatementRun {
  query: TextQuery
  options: SessionOptions
  /** `document`: the first value of the last result alone, which the statement makes as JSON. */
  shape: 'results' | 'document'
  account: string
  /** The bytes that the results of an account's running statements may take together. */
  accountBytes: number
}

export type Order = { kind: 'run'; id: number; run: StatementRun } | { kind: 'cancel'; id: number }

export type Report =
  /** The session's pid in the server; nothing has run in it yet. */
  { kind: 'session'; id: number; pid: number } | { kind: 'done'; id: number; outcome: Outcome }

const running = new Map<number, AbortController>()
const accounts = new ByteAccounts()

async function execute(
  { query, options, shape, account, accountBytes }: StatementRun,
  bounds: { signal: AbortSignal; onSession: (pid: number) => void },
): Promise<Outcome> {
  const held = accounts.open(account, (now) => now.account <= accountBytes)
  try {
    const { results, copy } = await runSession(query, options, { ...bounds, takeBytes: held.take })
    if (copy) return { kind: 'copy', direction: copy }
    const reply = shape === 'document' ? (results.at(-1)?.rows[0]?.[0] ?? null) : toSqlReply(results)
    return { kind: 'reply', json: new TextEncoder().encode(JSON.stringify(reply)) }
  } catch (error) {
    return toOutcome(error)
  } finally {
    held.release()
  }
}

parentPort?.on('message', async (order: Order) => {
  if (order.kind === 'cancel') {
    running.get(order.id)?.abort()
    return
  }
  const { id, run } = order
  const abort = new AbortController()
  running.set(id, abort)
  const onSession = (pid: number) => tell({ kind: 'session', id, pid })
  const outcome = await execute(run, { signal: abort.signal, onSession })
  running.delete(id)
  tell({ kind: 'done', id, outcome }, outcome.kind === 'reply' ? [outcome.json.buffer] : [])
})

function tell(report: Report, transferred: ArrayBuffer[] = []): void {
  parentPort?.postMessage(report, transferred)
}
