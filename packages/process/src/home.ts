/** The folder of a part or of a stack. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Closers } from './closers.ts'
import { type HomeLock, lockHome } from './lock.ts'
import { StartError } from './start-error.ts'

/** A data folder, or the error that says which variable to set. */
export function makeHome(home: string): void {
  try {
    // As root the servers run under another user, who has to pass through; what is private in here is so by itself.
    mkdirSync(home, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
    mkdirSync(join(home, 'run'), { recursive: true, mode: 0o700 })
  } catch (cause) {
    const message = `The data folder ${home} cannot be made. Set DB9_HOME to a folder that this user may write.`
    throw new StartError(message, { cause })
  }
}

/** Makes a folder where there is none, and holds it for this process until it ends. */
export function holdHome(home: string, closers: Closers): HomeLock {
  makeHome(home)
  const lock = lockHome(home)
  closers.add(lock.release)
  return lock
}
