/**
 * Servers of a run, found by the folders they use: Postgres changes into its data directory, and in a sandbox, where that has
 * another name, the folder is mounted. Linux only.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readFile, readlink } from 'node:fs/promises'

/** Pids of the processes that work in, or have mounted, a folder whose path holds the text; none where the system cannot tell. */
export function processesIn(text: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => folderOf(pid).includes(text) || mountsOf(pid).includes(text))
}

/** Pids that still work below a folder of ours. */
export function serversBelow(folder: string): number[] {
  return processesIn(`${folder}/`)
}

/** PSS of all processes of a database together, a fair share of what they have in common included. */
export function pssKilobytes(databaseId: string): number {
  return processesIn(databaseId).reduce((total, pid) => total + pssOf(pid), 0)
}

function folderOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    // Ended between the two looks, or not ours to look into.
    return ''
  }
}

/** The mounts of its namespace, each with the folder that it shows (docs: proc_pid_mountinfo(5)). */
function mountsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
  } catch {
    return ''
  }
}

function pssOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** What of a process lies in memory, what it shares counted whole; 0 where the system cannot tell. */
export function residentKilobytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Pids whose title begins so and holds the text: Postgres names each process after its cluster, user and database. */
export function titledProcesses(prefix: string, text: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const title = titleOf(pid)
      return title.startsWith(prefix) && title.includes(text)
    })
    .map(Number)
}

function titleOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** PSS in kilobytes of all processes of each of these databases that has any; in one pass that does not block. */
export async function memoryByDatabase(ids: ReadonlySet<string>): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  if (process.platform !== 'linux') return found
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '')
    const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '')
    const id = `${folder}/${mounts}`.split(/[/\s]/).find((part) => ids.has(part))
    if (id === undefined) continue
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
    const kilobytes = Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0)
    found.set(id, (found.get(id) ?? 0) + kilobytes)
  }
  return found
}
