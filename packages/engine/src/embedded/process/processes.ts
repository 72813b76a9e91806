/** Finds processes of servers in the process table. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { type ProcessEntry, readProcess } from '@db9/process/processes'

/** The process that another has started last, or null where it has none. Linux alone. */
export function childOf(pid: number): ProcessEntry | null {
  try {
    // docs: proc(5), /proc/[pid]/task/[tid]/children
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    return readProcess(Number(children.at(-1)))
  } catch {
    return null
  }
}

/** The first process of a server, by the one that was launched: in a sandbox that made the namespaces, and started it. */
export function firstProcess(launched: number): number {
  return readProcess(launched)?.command === 'unshare' ? (childOf(launched)?.pid ?? launched) : launched
}

/** The pid, outside of it, of a process that `parent` started in its own PID namespace; null where there is none. */
export function childInNamespace(parent: number, pid: number): number | null {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ')
  const isIt = (child: string) =>
    new RegExp(`^NSpid:.*\\s${pid}$`, 'm').test(readFileSync(`/proc/${child}/status`, 'utf8'))
  const found = children.find(isIt)
  return found === undefined ? null : Number(found)
}

/** Pids of the processes whose title or command line begins with `prefix`. */
export function findByTitle(prefix: string): number[] {
  return process.platform === 'linux'
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
        .filter((pid) => readProcess(pid)?.args.startsWith(prefix))
    : titlesFromPs()
        .filter(({ title }) => title.startsWith(prefix))
        .map(({ pid }) => pid)
}

function titlesFromPs(): { pid: number; title: string }[] {
  return execFileSync('ps', ['-axo', 'pid=,args='], { encoding: 'utf8', env: { LC_ALL: 'C' } })
    .split('\n')
    .map((line) => line.trim())
    .map((line) => ({ pid: Number.parseInt(line, 10), title: line.slice(line.indexOf(' ') + 1) }))
}
