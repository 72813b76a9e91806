/** Reads a backup in a process of its own, for the same reason as it is packed in one. */
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fromFailure, onEnd, startOwnProcess } from './own-process.ts'
import type { UnpackOrder, UnpackReport } from './unpacking-process.ts'

const PROGRAM = join(import.meta.dirname, 'unpacking-process.ts')

/**
 * Reads a backup's data to its end. Throws `corrupt` unless all of it is what was written, and the store's own error where it
 * cannot be read. Somebody waits where its files are wanted; a check alone is not urgent.
 */
export async function readStored(
  stored: Readable,
  order: UnpackOrder,
  signal: AbortSignal | undefined,
): Promise<void> {
  const child = startOwnProcess(PROGRAM, { isUrgent: order.into !== null })
  const answer = Promise.withResolvers<void>()
  const giveUp = () => answer.reject(signal?.reason)
  child.on('message', (report: UnpackReport) =>
    report.kind === 'done' ? answer.resolve() : answer.reject(fromFailure(report)),
  )
  onEnd(child, answer.reject)
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    signal?.throwIfAborted()
    child.send(order)
    // What the process has not taken in by the time that it answers, it does not want.
    if (child.stdin) void pipeline(stored, child.stdin).catch(() => {})
    stored.once('error', answer.reject)
    await answer.promise
  } finally {
    signal?.removeEventListener('abort', giveUp)
    stored.destroy()
    child.kill('SIGKILL')
  }
}
