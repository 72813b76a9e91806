/** How much the processes of a server have written, as the kernel counts it, and signals to all of them. Linux alone. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { ServerFiles } from '../cluster/server-files.ts'
import { processesIn } from '../sandbox/control-groups.ts'

/** A server, by its first process and the name of its control groups. */
export interface ServerProcesses {
  pid: number
  cluster: string
}

export interface Written {
  /** Bytes, those of processes that have ended and were waited for included. */
  bytes: number
  /** Of the processes that there are. */
  pids: readonly number[]
  /**
   * Whether these are all bytes. The first process of a server waits for each that it has started, so that none is lost. What
   * other processes have started may have ended without being waited for, and with it what it wrote.
   */
  isAll: boolean
  /** The processor time of those whose bytes may not be read, in ticks. */
  unreadTicks: number
}

/** Of a server that has not begun. */
export const NOTHING_WRITTEN: Written = { bytes: 0, pids: [], isAll: true, unreadTicks: 0 }

/** More would be no server of ours. */
const MOST_PROCESSES = 5_000
/** Whether this kernel tells which processes another has started. */
const IS_TOLD = existsSync(`/proc/${process.pid}/task/${process.pid}/children`)

export function serverProcesses({ pid }: { pid: number }, { cluster }: ServerFiles): ServerProcesses {
  return { pid, cluster }
}

/** Null where nothing tells. */
export function writtenBy(server: ServerProcesses): Written | null {
  if (!IS_TOLD) return null
  const startedByFirst = () => startedBy(server.pid, server.pid)
  // Before and after, since they come and go.
  const before = startedByFirst()
  const pids = pidsOf(server)
  const own = new Set([server.pid, ...before, ...startedByFirst()])
  let bytes = 0
  let unreadTicks = 0
  let isAll = pids.every((pid) => own.has(pid))
  for (const pid of pids) {
    const each = bytesOf(pid)
    if (each === null) {
      isAll = false
      unreadTicks += ticksOf(pid)
    } else bytes += each
  }
  return { bytes, pids, isAll, unreadTicks }
}

/** Whether nothing was written between these. */
export function isSame(left: Written | null, right: Written | null): boolean {
  if (left === null || right === null) return false
  return (
    left.bytes === right.bytes &&
    left.unreadTicks === right.unreadTicks &&
    left.pids.join() === right.pids.join()
  )
}

/** All processes of its control group, which none leaves; where it has none, those that its first one and theirs have started. */
export function pidsOf({ pid, cluster }: ServerProcesses): number[] {
  const grouped = processesIn(cluster)
  if (grouped.length > 0) return [...new Set([pid, ...grouped])]
  const pids = new Set([pid])
  // Those that are added meanwhile have their turn, too.
  for (const each of pids) {
    if (pids.size > MOST_PROCESSES) break
    for (const thread of threadsOf(each)) for (const child of startedBy(each, thread)) pids.add(child)
  }
  return [...pids]
}

/** Rounds until no new process is found. Those that are stopped start none. */
const MOST_ROUNDS = 20

/** Stops all processes of a server where they are, and what they start meanwhile. Returns them; SIGCONT lets them go on. */
export function holdStill(server: ServerProcesses): number[] {
  const held = new Set<number>()
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const found = pidsOf(server).filter((pid) => !held.has(pid))
    if (found.length === 0) break
    signalAll(found, 'SIGSTOP')
    for (const pid of found) held.add(pid)
  }
  return [...held]
}

/** Those that have ended get none. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended.
    }
  }
}

/** docs: proc(5), /proc/[pid]/task. One that has ended has none. */
function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return []
  }
}

/** What one thread has started; each has a list of its own (docs: proc(5), /proc/[pid]/task/[tid]/children). */
function startedBy(pid: number, thread: number): number[] {
  const text = readOrNull(`/proc/${pid}/task/${thread}/children`)?.trim() ?? ''
  return text === '' ? [] : text.split(' ').map(Number)
}

/** docs: proc(5), /proc/[pid]/io: pages that were made dirty. Null where it may not be read, as a process can ask for. */
function bytesOf(pid: number): number | null {
  try {
    const text = readOrNull(`/proc/${pid}/io`)
    return Number(/^write_bytes: (\d+)$/m.exec(text ?? '')?.[1] ?? 0)
  } catch {
    return null
  }
}

/** docs: proc(5), /proc/[pid]/stat: `utime` and `stime`, counted from the last bracket of the name. */
function ticksOf(pid: number): number {
  const stat = readOrNull(`/proc/${pid}/stat`) ?? ''
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return Number(user) + Number(system)
}

/** Null where the process has ended. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw error
  }
}
