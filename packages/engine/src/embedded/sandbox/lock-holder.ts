/** Finds the processes of a sandbox by the lock that they hold, whatever they call themselves. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { type ProcessIdentity, readProcess } from '@db9/process/processes'

/** The first process of the sandbox that holds the lock of this file; null where none does. Linux alone. */
export function lockHolder(path: string): ProcessIdentity | null {
  const file = statSync(path, { throwIfNoEntry: false })
  if (!file || process.platform !== 'linux') return null
  const pid = lockingPids(readFileSync('/proc/locks', 'utf8'), file.ino).find((each) => hasOpen(each, file))
  return pid === undefined ? null : readProcess(pid)
}

/**
 * Of `/proc/locks` (docs: proc_locks(5)): `1: FLOCK ADVISORY WRITE 1234 fe:00:131 0 EOF`. Inodes of other devices may have
 * the same number.
 */
export function lockingPids(locks: string, inode: number): number[] {
  return locks.split('\n').flatMap((line) => {
    const [, kind, , , pid, place] = line.trim().split(/\s+/)
    return kind === 'FLOCK' && place?.split(':')[2] === String(inode) ? [Number(pid)] : []
  })
}

function hasOpen(pid: number, { dev, ino }: { dev: number; ino: number }): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const open = statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false })
      return open?.dev === dev && open.ino === ino
    })
  } catch {
    // It ended.
    return false
  }
}
