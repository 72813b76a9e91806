/** How much the processes of a server have written, as the kernel counts it. Linux alone. */
import { readFileSync } from 'node:fs'

export interface Written {
  /** Bytes, those of processes that have ended included; it may still fall where a process was not waited for. */
  bytes: number
  /** Of the processes that there are. */
  pids: readonly number[]
}

/** More would be no server of ours. */
const MOST_PROCESSES = 5_000

/** Null where it cannot be read. `pid` is the postmaster's, whose descendants are all of its server. */
export function writtenBy(pid: number): Written | null {
  try {
    const pids = [pid]
    let bytes = 0
    for (let i = 0; i < pids.length && pids.length < MOST_PROCESSES; i++) {
      const each = pids[i] ?? 0
      pids.push(...childrenOf(each))
      bytes += bytesOf(each)
    }
    return { bytes, pids }
  } catch {
    return null
  }
}

export function isSame(left: Written | null, right: Written | null): boolean {
  if (left === null || right === null) return false
  return left.bytes === right.bytes && left.pids.join() === right.pids.join()
}

/** Stops these processes where they are, or lets them go on. */
export function setStopped({ pids }: Written, isStopped: boolean): void {
  for (const pid of pids) {
    try {
      process.kill(pid, isStopped ? 'SIGSTOP' : 'SIGCONT')
    } catch {
      // It has ended.
    }
  }
}

/** Ends these processes at once. */
export function endAll({ pids }: Written): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }
}

/** docs: proc(5), /proc/[pid]/task/[tid]/children. One that has just ended has none. */
function childrenOf(pid: number): number[] {
  const text = readOrNull(`/proc/${pid}/task/${pid}/children`)?.trim() ?? ''
  return text === '' ? [] : text.split(' ').map(Number)
}

/** docs: proc(5), /proc/[pid]/io: pages that were made dirty. Throws where it may not be read. */
function bytesOf(pid: number): number {
  const text = readOrNull(`/proc/${pid}/io`)
  return Number(/^write_bytes: (\d+)$/m.exec(text ?? '')?.[1] ?? 0)
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw error
  }
}
