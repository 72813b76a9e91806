/** What the files of a server say of its process: our own record, Postgres' pid file, and the end of its log. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { ProcessIdentity } from '@db9/process/processes'
import { readSmallFile } from '../sandbox/safe-files.ts'
import { readFileEnd } from './output-tail.ts'

/** The process that runs a data directory. */
export interface ProcessRecord extends ProcessIdentity {
  /** Of the settings and the release that it was started with. On disk its name is `recipe`, as in earlier releases. */
  fingerprint: string
}

export function readRecord(path: string): ProcessRecord | null {
  try {
    const {
      pid,
      startTime,
      recipe: fingerprint,
    } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    if (!isPid(pid) || typeof startTime !== 'string' || typeof fingerprint !== 'string') return null
    return { pid, startTime, fingerprint }
  } catch {
    return null
  }
}

export interface PidFile {
  pid: number
  status: string
}

/** The longest path of a folder and eight short lines. */
const PID_FILE_BYTES = 8192

/**
 * postmaster.pid: pid, data directory, start, port, socket folder, address, shared memory, status; one a line. The pid is
 * the server's own view: in a PID namespace of its own it is 1.
 */
export function readPidFile(data: string): PidFile | null {
  try {
    const lines = (readSmallFile(data, 'postmaster.pid', PID_FILE_BYTES)?.toString() ?? '').split('\n')
    const pid = Number(lines[0])
    return Number.isInteger(pid) && pid > 0 ? { pid, status: (lines[7] ?? '').trim() } : null
  } catch {
    return null
  }
}

function isPid(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 1
}

const LAST_LINES_BYTES = 8 * 1024

/** The last lines of a log, which may be of any length: what a database's processes say goes there. */
export function lastLines(path: string): string {
  const text = readFileEnd(path, LAST_LINES_BYTES).trim()
  return text === '' ? 'it left no word in its log' : text.split('\n').slice(-4).join(' / ')
}

/** Stands in for a fingerprint. Such a process is not taken over, since it may not be a server yet. */
export const LAUNCHING = 'launching'

export function writeRecord(path: string, { fingerprint: recipe, ...identity }: ProcessRecord): void {
  writeFileSync(path, JSON.stringify({ ...identity, recipe }))
}
