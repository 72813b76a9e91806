/** Stops servers by signals. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, type ProcessIdentity } from '@db9/process/processes'

const POLL_MS = 5

type StopStep = readonly [signal: NodeJS.Signals, limitMs: number]

const IMMEDIATELY: readonly StopStep[] = [
  ['SIGQUIT', 1_000],
  ['SIGKILL', 1_000],
]
/** SIGINT is the fast shutdown: clients are disconnected, and a checkpoint makes the next start quick. */
const STOPS = {
  /** With all that it started, and without a word to it. */
  hard: [['SIGKILL', 5_000]],
  /** Without a checkpoint, for data that goes anyway. */
  immediate: IMMEDIATELY,
  /** While a user waits for the stack to end. */
  prompt: [['SIGINT', 3_000], ...IMMEDIATELY],
  /** No caller waits: the checkpoint takes its time. */
  patient: [['SIGINT', 60_000], ...IMMEDIATELY],
} satisfies Record<string, readonly StopStep[]>

/** Ends a server; nothing committed is lost. */
export async function stopServer(
  identity: ProcessIdentity,
  how: keyof typeof STOPS = 'prompt',
): Promise<void> {
  for (const [signal, limitMs] of STOPS[how]) {
    if (!isAlive(identity)) return
    sendSignal(identity.pid, signal)
    for (const end = Date.now() + limitMs; Date.now() < end; await sleep(POLL_MS))
      if (!isAlive(identity)) return
  }
}

export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended by itself.
  }
}
