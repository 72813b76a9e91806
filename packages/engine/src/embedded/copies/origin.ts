/** The record of what a database was made from, beside its data directory. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CopyOrigin } from '../../contract/copies.ts'

export const ORIGIN_FILE = 'origin.json'

/** What a database's data was made from; lies beside its data directory. */
export type OriginRecord =
  | { kind: 'template'; template: string }
  | {
      kind: 'copy'
      /** Tells one copy from another; a staged copy that has it is whole. */
      of: string
      hasData: boolean
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
  const at = origin.at === 'now' ? 'now' : origin.at.toISOString()
  return `database ${origin.id} ${at}${origin.data ? '' : ' without data'}`
}
