/** The record of what a database was made from, beside its data directory. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CopyOrigin, TableName } from '../../contract/copies.ts'

export const ORIGIN_FILE = 'origin.json'

/** What a database's data was made from; lies beside its data directory. */
export type OriginRecord =
  | { kind: 'template'; template: string }
  | {
      kind: 'copy'
      /** Tells one copy from another; a staged copy that has it is whole. */
      of: string
      hasData: boolean
      /** Without data: tables whose rows are kept all the same; left out: none. */
      keep?: TableName[]
      /** Null until the source's secrets are gone. */
      lostPasswords: string[] | null
      isSecured: boolean
    }

export function readOrigin(folder: string): OriginRecord | null {
  try {
    return JSON.parse(readFileSync(join(folder, ORIGIN_FILE), 'utf8')) as OriginRecord
  } catch {
    return null
  }
}

export function writeOrigin(folder: string, record: OriginRecord): void {
  const path = join(folder, ORIGIN_FILE)
  writeFileSync(`${path}.tmp`, JSON.stringify(record), { mode: 0o600 })
  renameSync(`${path}.tmp`, path)
}

/** Equal for what may take one another's place. */
export function describeOrigin(origin: CopyOrigin): string {
  if (origin.kind === 'backup') return `backup ${origin.backupId}`
  const at = origin.at === 'now' ? 'now' : toMicroseconds(origin.at, origin.micros)
  const kept = origin.keep?.length ? ` but ${JSON.stringify(origin.keep)}` : ''
  return `database ${origin.id} ${at}${origin.data ? '' : ` without data${kept}`}`
}

/** RFC 3339 in UTC, with the microseconds beyond the milliseconds of `at` where there are any. */
export function toMicroseconds(at: Date, micros = 0): string {
  return micros === 0
    ? at.toISOString()
    : at.toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`)
}
