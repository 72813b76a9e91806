/**
 * The log of a server: a new file for each run, which is kept small, since all who log in or fail to make lines in it.
 *
 * The server's processes have it open. Where the service is an ordinary user it is their own file, too: they may change its
 * mode, and outside of a sandbox hold a lease on it, for which the kernel lets an opener wait 45 s (docs: fcntl(2),
 * "Leases"). So nothing here waits for it. A log that cannot be cut counts as the database's own, see `usage.ts`.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDWR, O_WRONLY } = constants
const MODE = 0o600

/** Beyond it, the log is cut. */
export const LOG_BYTES = 4 * 2 ** 20
/** What is kept of it, in the log of the run before. */
const KEPT_BYTES = 256 * 1024

/**
 * Cuts a log that is too long: its last lines become those of the run before. The server goes on at its new end. One that
 * cannot be opened now is left as it is.
 */
export function cutLog(path: string, mostBytes = LOG_BYTES): void {
  const file = openLog(path)
  if (file === null) return
  try {
    const { size } = fstatSync(file)
    if (size <= mostBytes) return
    const end = readEnd(file, size)
    // The server appends, so that nothing but its new lines follows.
    ftruncateSync(file, 0)
    keepEnd(path, end)
  } finally {
    closeSync(file)
  }
}

/** Runs `work` with a descriptor of a new log, to which everything is appended; no process of an earlier run has it open. */
export function withNewLog<T>(path: string, work: (log: number) => T): T {
  setAside(path)
  const log = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, MODE)
  try {
    return work(log)
  } finally {
    closeSync(log)
  }
}

/** The log of the run before the last is dropped: after a crash, one is what there is to read. */
function setAside(path: string): void {
  const file = openLog(path)
  if (file !== null) {
    try {
      const { size } = fstatSync(file)
      if (size > 0) keepEnd(path, readEnd(file, size))
    } finally {
      closeSync(file)
    }
  }
  rmSync(path, { force: true })
}

function readEnd(file: number, size: number): Buffer {
  const end = Buffer.alloc(Math.min(KEPT_BYTES, size))
  return end.subarray(0, readSync(file, end, 0, end.length, size - end.length))
}

/** In a new file: the one that is there may be open to processes of the run before. */
function keepEnd(path: string, end: Buffer): void {
  rmSync(`${path}.1`, { force: true })
  writeFileSync(`${path}.1`, end, { flag: 'wx', mode: MODE })
}

/** Null where it cannot be opened at once. */
function openLog(path: string): number | null {
  for (const isClosed of [true, false]) {
    try {
      return openSync(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EACCES' || !isClosed) return null
      // Its folder is ours, so that no link can lie there.
      chmodSync(path, MODE)
    }
  }
  return null
}
