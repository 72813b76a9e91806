import type { TestRequest } from '../requests.ts'

/** A request and what it is answered with; the SQL that it becomes stands in the topic's `.sql` file. */
export interface CorpusCase extends TestRequest {
  /** What a user is promised. */
  name: string
  status: number
  /** Parsed where it is JSON. Absent: not compared. */
  expect?: unknown
  /** Members of the body that are compared, where not all are. */
  error?: { code: string; message?: string; details?: unknown; hint?: string | null }
  /** Headers of the reply; an empty text says that there is none. */
  has?: Record<string, string>
}

export const representation = { prefer: 'return=representation' }
export const object = { accept: 'application/vnd.pgrst.object+json' }
export const only = (...tables: string[]) => ({ exposedTables: tables })
