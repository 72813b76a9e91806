/** What the folders of a data folder are, by their names. */
import { readdirSync } from 'node:fs'
import { isId } from '@db9/types/ids'

/** What a folder of a database's name is. */
export type FolderKind =
  | 'database'
  /** A copy that is not in its place yet. */
  | 'staged'
  /** Deleted, and recoverable. */
  | 'deleted'
  /** Half removed when its process died. */
  | 'leftover'

export interface DatabaseFolder {
  name: string
  id: string
  kind: FolderKind
}

/** Names on disk, which data folders of earlier releases have, too: they must not change. */
export const STAGED_SUFFIX = '.tmp'
export const DELETED_SUFFIX = '.retired'
const KINDS: Readonly<Record<string, FolderKind>> = {
  '': 'database',
  [STAGED_SUFFIX]: 'staged',
  [DELETED_SUFFIX]: 'deleted',
}

/** The folders of databases in a data folder, whatever state a crash left them in. */
export function listDatabaseFolders(dataFolder: string): DatabaseFolder[] {
  return readdirSync(dataFolder).flatMap((name) => {
    const id = name.split('.')[0] ?? ''
    return isId('database', id) ? [{ name, id, kind: KINDS[name.slice(id.length)] ?? 'leftover' }] : []
  })
}
