/** How many files and connections a process of the stack may have open (RLIMIT_NOFILE, getrlimit(2)). */
import { spawnSync } from 'node:child_process'

/** What a stack wants: room for tens of thousands of clients beside its own files. */
const WANTED = 262_144
/** Below so many a stack runs, but `doctor` says how to raise it. */
export const ENOUGH_OPEN_FILES = 65_536

/**
 * Raises the limit of this process, which those that it starts inherit, and returns what holds now. Node raised the soft
 * limit to the hard one already; the hard one only root may raise, by `prlimit` of util-linux.
 */
export function raiseOpenFiles(): number {
  const limit = openFiles()
  if (limit >= WANTED || process.getuid?.() !== 0) return limit
  spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${WANTED}:${WANTED}`], { stdio: 'ignore' })
  return openFiles()
}

/** Files that this process may have open. */
export function openFiles(): number {
  const report = process.report.getReport() as {
    userLimits?: { open_files?: { soft?: number | 'unlimited' } }
  }
  const soft = report.userLimits?.open_files?.soft ?? 0
  return soft === 'unlimited' ? WANTED : soft
}
