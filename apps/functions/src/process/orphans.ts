/** The processes of a host that was killed, which the next start ends. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { writePrivateFile } from '@db9/process/private-file'
import { isAlive, type ProcessIdentity, readProcess } from '@db9/process/processes'

function pathIn(home: string): string {
  return join(home, 'run', 'functions.json')
}

/** Writes down which processes there are. */
export class ProcessList {
  readonly #path: string
  #known: ProcessIdentity[] = []

  constructor(home: string) {
    this.#path = pathIn(home)
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
  }

  add(pid: number): void {
    const entry = readProcess(pid)
    if (!entry) return
    this.#known = [...this.#known.filter(isAlive), { pid: entry.pid, startTime: entry.startTime }]
    writePrivateFile(this.#path, JSON.stringify(this.#known))
  }
}

/** Ends what an earlier run left: a process is one of ours only if pid and start time agree. */
export async function endOrphans(home: string): Promise<void> {
  const path = pathIn(home)
  if (!existsSync(path)) return
  for (const identity of readList(path)) {
    if (!isAlive(identity)) continue
    process.kill(identity.pid, 'SIGKILL')
    while (isAlive(identity)) await sleep(5)
  }
  rmSync(path, { force: true })
}

function readList(path: string): ProcessIdentity[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity[]
  } catch {
    return []
  }
}
