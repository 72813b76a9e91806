/** Servers whose processes all stand still, as code inside of one can make them: they accept connections and never answer. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type ProcessEntry, readProcess } from '@db9/process/processes'
import type { ServerFiles } from '../embedded/cluster/server-files.ts'
import type { EmbeddedEngine } from '../embedded/embedded-engine.ts'
import { readPidFile, readRecord } from '../embedded/process/server-record.ts'
import { pidsOf, signalAll } from '../embedded/storage/written.ts'
import { pidOf } from './databases.ts'

export interface Standstill {
  processes: ProcessEntry[]
  /** Lets it go on. */
  end(): void
}

/** Stops the postmaster that this is, or has started, and all of its processes. */
export function standStill(pid: number): Standstill {
  const isOfPostgres = (each: ProcessEntry | null) => each?.command === 'postgres'
  const pids = pidsOf({ pid, cluster: '' }).filter((each) => isOfPostgres(readProcess(each)))
  if (pids.length < 2) throw new Error(`${pid} is no server`)
  signalAll(pids, 'SIGSTOP')
  const processes = pids.map(readProcess).filter((process) => process !== null)
  return { processes, end: () => signalAll(pids, 'SIGCONT') }
}

/** Stops a server as soon as a copy of it has begun: from then on its session waits for an answer. */
export async function standStillInCopy(engine: EmbeddedEngine, id: string): Promise<Standstill> {
  const pid = pidOf((await engine.connect(id)).epoch)
  const slots = join(engine.dataFolder, id, 'data', 'pg_replslot')
  for (const end = Date.now() + 30_000; readdirSync(slots).length === 0; ) {
    if (Date.now() > end) throw new Error('no copy was begun')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return standStill(pid)
}

/** Stops a server that starts as soon as it accepts connections. */
export async function standStillOnceReady(files: ServerFiles): Promise<Standstill> {
  for (const end = Date.now() + 30_000; readPidFile(files.data)?.status !== 'ready'; ) {
    if (Date.now() > end) throw new Error('it did not start')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return standStill(readRecord(files.record)?.pid ?? 0)
}
