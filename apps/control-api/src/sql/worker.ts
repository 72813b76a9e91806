/** A thread that runs statements of the REST API and encodes their results, so that the main thread stays free. */
import { parentPort } from 'node:worker_threads'
import { ByteAccounts } from '../byte-accounts.ts'
import { type Outcome, toOutcome } from './outcome.ts'
import { inSession, type SessionBounds, type SessionOptions } from './session.ts'
import { runTask, type Task, textOf } from './task.ts'

/** One request's work in a session, and what bounds it. */
export interface SessionRun {
  task: Task
  options: SessionOptions
  account: string
  /** The bytes that the results of an account's running statements may take together. */
  accountBytes: number
}

export type Order = { kind: 'run'; id: number; run: SessionRun } | { kind: 'cancel'; id: number }

export type Report =
  /** The session's pid in the server; nothing has run in it yet. */
  { kind: 'session'; id: number; pid: number } | { kind: 'done'; id: number; outcome: Outcome }

const running = new Map<number, AbortController>()
const accounts = new ByteAccounts()

async function execute(
  { task, options, account, accountBytes }: SessionRun,
  bounds: Required<Pick<SessionBounds, 'signal' | 'onSession'>>,
): Promise<Outcome> {
  const held = accounts.open(account, (now) => now.account <= accountBytes)
  try {
    return await inSession(options, { ...bounds, takeBytes: held.take }, (session) =>
      runTask(session, task, options),
    )
  } catch (error) {
    return toOutcome(error, textOf(task))
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
