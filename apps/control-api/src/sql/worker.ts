/** A thread that runs statements of the REST API: what they answer is decoded and written here, not where all is served. */
import { parentPort } from 'node:worker_threads'
import { ByteAccounts } from './byte-accounts.ts'
import { type Outcome, toOutcome } from './outcome.ts'
import { toSqlReply } from './reply.ts'
import { runSession, type SessionOptions } from './session.ts'
import type { TextQuery } from './text-query.ts'

export interface Job {
  query: TextQuery
  options: SessionOptions
  account: string
  /** What the results of all of an account's statements that run may take together. */
  accountBytes: number
}

export type Order = { kind: 'run'; id: number; job: Job } | { kind: 'cancel'; id: number }

export interface Done {
  id: number
  outcome: Outcome
}

const running = new Map<number, AbortController>()
const accounts = new ByteAccounts()

async function run({ query, options, account, accountBytes }: Job, signal: AbortSignal): Promise<Outcome> {
  const share = accounts.open(account, accountBytes)
  try {
    const { results, copy } = await runSession(query, options, { signal, takeBytes: share.take })
    if (copy) return { kind: 'copy', direction: copy }
    return { kind: 'reply', json: new TextEncoder().encode(JSON.stringify(toSqlReply(results))) }
  } catch (error) {
    return toOutcome(error)
  } finally {
    share.close()
  }
}

parentPort?.on('message', async (order: Order) => {
  if (order.kind === 'cancel') {
    running.get(order.id)?.abort()
    return
  }
  const { id, job } = order
  const abort = new AbortController()
  running.set(id, abort)
  const outcome = await run(job, abort.signal)
  running.delete(id)
  const done: Done = { id, outcome }
  parentPort?.postMessage(done, outcome.kind === 'reply' ? [outcome.json.buffer] : [])
})
