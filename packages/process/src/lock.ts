/** The lock that lets one stack, or one part, run per folder. */
import { linkSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateFile } from './private-file.ts'
import { isAlive, ownIdentity, type ProcessIdentity } from './processes.ts'
import { StartError } from './start-error.ts'

/** Who holds a data folder, and where it serves once it does. */
export interface Holder extends ProcessIdentity {
  url?: string
}

export interface HomeLock {
  /** Writes down where the stack serves, for a second start, which is turned away, and for `stop`. */
  announce(url: string): void
  release(): void
}

const ATTEMPTS = 5

/** The file names process and start time, so that a pid used again by a stranger does not count as a holder. */
export function lockPath(home: string): string {
  return join(home, 'db9.pid')
}

/** The live holder of a data folder, or null. */
export function readHolder(home: string): Holder | null {
  const holder = readLock(lockPath(home))
  return holder && isAlive(holder) ? holder : null
}

/**
 * Takes the data folder for this process. Throws a `StartError` that names the holder where another stack has it.
 * `link` makes the file appear with its content or not at all, so two starts at once cannot both win.
 */
export function lockHome(home: string): HomeLock {
  const path = lockPath(home)
  const self = ownIdentity()
  const draft = `${path}.${self.pid}`
  writePrivateFile(draft, JSON.stringify(self))
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (linked(draft, path)) return heldLock(path, self)
      const holder = readLock(path)
      if (holder && isAlive(holder)) throw alreadyRunning(home, holder)
      clearStale(path, holder)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  throw new StartError(`Another start is taking ${home} at this moment. Try again.`)
}

function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Moves the file aside before it is removed: where a faster start has just replaced it, its lock is put back. */
function clearStale(path: string, stale: Holder | null): void {
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  const moved = readLock(aside)
  if (moved && (moved.pid !== stale?.pid || moved.startTime !== stale.startTime)) linked(aside, path)
  rmSync(aside, { force: true })
}

function heldLock(path: string, self: ProcessIdentity): HomeLock {
  return {
    announce: (url) => writePrivateFile(path, JSON.stringify({ ...self, url })),
    release: () => {
      const holder = readLock(path)
      if (holder?.pid === self.pid && holder.startTime === self.startTime) rmSync(path, { force: true })
    },
  }
}

function readLock(path: string): Holder | null {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>
    if (typeof value.pid !== 'number' || typeof value.startTime !== 'string') return null
    return {
      pid: value.pid,
      startTime: value.startTime,
      ...(value.url === undefined ? {} : { url: value.url }),
    }
  } catch {
    return null
  }
}

function alreadyRunning(home: string, holder: Holder): StartError {
  const where = holder.url === undefined ? 'it is still starting' : `it serves ${holder.url}`
  return new StartError(
    `db9 already runs on ${home}: process ${holder.pid}, ${where}.\n` +
      'Stop it with "npx --yes pnpm@12 stop", or set DB9_HOME (and DB9_PORT, DB9_PG_PORT) to start another beside it.',
  )
}
