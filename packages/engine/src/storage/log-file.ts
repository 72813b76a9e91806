/** Keeps the log of a server small. Whoever can log in, or fails to, makes lines in it. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeFileSync } from 'node:fs'

/** Beyond it, the log is cut. */
export const LOG_BYTES = 4 * 2 ** 20
/** What is kept of it, in the log of the run before. */
const KEPT_BYTES = 256 * 1024

/** Cuts a log that is too long: its last lines become those of the run before. The server goes on at its new end. */
export function cutLog(path: string, mostBytes = LOG_BYTES): void {
  const file = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW)
  try {
    const { size } = fstatSync(file)
    if (size <= mostBytes) return
    const kept = Buffer.alloc(Math.min(KEPT_BYTES, size))
    const length = readSync(file, kept, 0, kept.length, size - kept.length)
    // The server appends, so that nothing but its new lines follows.
    ftruncateSync(file, 0)
    writeFileSync(`${path}.1`, kept.subarray(0, length), { mode: 0o600 })
  } finally {
    closeSync(file)
  }
}
