/** Log files of the stack: one per part, set aside while it runs when it has grown large. */
import { closeSync, copyFileSync, mkdirSync, openSync, renameSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'

/** A part keeps the file that it writes to and the one before, so that it takes about twice as much of the disk. */
export const MAX_LOG_BYTES = 16 * 2 ** 20
const LOOK_MS = 1_000

/** `<home>/logs/<name>.log`, in a folder that is there. */
export function logPath(home: string, name: string): string {
  const folder = join(home, 'logs')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return join(folder, `${name}.log`)
}

/** A logger of one JSON line per event, for one part of the stack. `close` ends the watch of its file. */
export function fileLogger(home: string, name: string, maxBytes = MAX_LOG_BYTES): Logger & { close(): void } {
  const path = logPath(home, name)
  const destination = pino.destination({ dest: path, sync: true, mode: 0o600 })
  const close = watchSize(path, maxBytes, () => {
    renameSync(path, `${path}.1`)
    destination.reopen()
  })
  return Object.assign(pino({ base: { part: name } }, destination), { close })
}

/**
 * Keeps the log of a process small that holds it open to append to (O_APPEND), as workerd does: what is there is copied
 * away and cut off. A line that is written between the two is lost. Returns what ends the watch.
 */
export function rotateByCopy(path: string, maxBytes = MAX_LOG_BYTES): () => void {
  closeSync(openSync(path, 'a', 0o600))
  return watchSize(path, maxBytes, () => {
    copyFileSync(path, `${path}.1`)
    truncateSync(path)
  })
}

function watchSize(path: string, maxBytes: number, setAside: () => void): () => void {
  const look = () => {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (size > maxBytes) setAside()
  }
  look()
  const timer = setInterval(() => {
    try {
      look()
    } catch {
      // A full disk, say: tried again at the next look.
    }
  }, LOOK_MS)
  timer.unref()
  return () => clearInterval(timer)
}
