/** Reads the process table of this machine. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process that can be told from a later one with the same pid. */
export interface ProcessIdentity {
  pid: number
  /** Opaque; equal only for the same process of the same boot. */
  startTime: string
}

export interface ProcessEntry extends ProcessIdentity {
  parent: number
  /** Name of the program. */
  command: string
  /** The whole command line, blanks between its words. */
  args: string
}

/** The process as it is now, or null where there is none (a zombie counts as none). */
export function readProcess(pid: number): ProcessEntry | null {
  return process.platform === 'linux' ? readFromProc(pid) : readFromPs(pid)
}

export function isAlive(identity: ProcessIdentity): boolean {
  return readProcess(identity.pid)?.startTime === identity.startTime
}

/** Who this process is, for a file that outlives it. */
export function ownIdentity(): ProcessIdentity {
  const own = readProcess(process.pid)
  if (!own) throw new Error('this process cannot read its own entry in the process table')
  return { pid: own.pid, startTime: own.startTime }
}

function readFromProc(pid: number): ProcessEntry | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // pid (comm) state ppid …: comm may hold blanks and brackets, so the fields are counted from its last bracket.
    const command = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, parent, startTicks] = [fields[0], fields[1], fields[19]]
    if (state === 'Z' || state === 'X' || parent === undefined || startTicks === undefined) return null
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    return { pid, startTime: `${bootId()}:${startTicks}`, parent: Number(parent), command, args }
  } catch {
    return null
  }
}

let cachedBootId: string | undefined
function bootId(): string {
  cachedBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)
  return cachedBootId
}

function readFromPs(pid: number): ProcessEntry | null {
  try {
    const ps = (field: string) =>
      execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], {
        encoding: 'utf8',
        env: { LC_ALL: 'C' },
      }).trim()
    if (ps('stat').startsWith('Z')) return null
    const command = ps('ucomm')
    return { pid, startTime: ps('lstart'), parent: Number(ps('ppid')), command, args: ps('args') }
  } catch {
    return null
  }
}
