/** What a session does for a request. */
import { type Migration, migrate } from './migrate.ts'
import { encodeJson, type Outcome } from './outcome.ts'
import { toSqlReply } from './reply.ts'
import type { Session } from './session.ts'
import type { TextQuery } from './text-query.ts'
import { runTyped } from './typed-results.ts'

export type Task =
  /** A text of the owner's; its results are the reply. */
  | { kind: 'results'; query: TextQuery }
  /** Statements of the service's own in one transaction; the first value of the last one is the reply. */
  | { kind: 'ours'; queries: TextQuery[] }
  /** A migration of the owner's; a `MigrationOutcome` is the reply. */
  | { kind: 'migration'; migration: Migration }

/** The text of the owner's in it; null where the statements are ours. */
export function textOf(task: Task): string | null {
  switch (task.kind) {
    case 'results':
      return task.query.text
    case 'ours':
      return null
    case 'migration':
      return task.migration.sql
  }
}

export interface TaskOptions {
  readOnly: boolean
}

/** Does the task and gives its outcome; throws what `toOutcome` reads. */
export async function runTask(session: Session, task: Task, options: TaskOptions): Promise<Outcome> {
  switch (task.kind) {
    case 'results':
      return runResults(session, task.query, options)
    case 'ours':
      return runOurs(session, task.queries, options)
    case 'migration':
      return encodeJson(await migrate(session, task.migration))
  }
}

async function runResults(session: Session, query: TextQuery, { readOnly }: TaskOptions): Promise<Outcome> {
  const { results, copy, isTransactionOpen } = await runTyped(session, query, readOnly)
  if (copy) return { kind: 'copy', direction: copy }
  return isTransactionOpen ? { kind: 'transaction_open' } : encodeJson(toSqlReply(results))
}

async function runOurs(
  { client }: Session,
  queries: readonly TextQuery[],
  { readOnly }: TaskOptions,
): Promise<Outcome> {
  let value: unknown = null
  await client.query(`BEGIN ${readOnly ? 'READ ONLY' : 'READ WRITE'}`)
  for (const { text, params } of queries) {
    const { rows } = await client.query<unknown[]>({ text, values: params ?? [], rowMode: 'array' })
    value = rows[0]?.[0] ?? null
  }
  await client.query('COMMIT')
  return encodeJson(value)
}
