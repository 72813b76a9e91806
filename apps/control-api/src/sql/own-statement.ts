/** Statements of the service's own in an owner's database: they run as admin, and the owner's names change nothing in them. */
import type { DatabaseEngine, RunningDatabase } from '@db9/engine'
import type * as z from 'zod'
import type { Caller } from '../auth/caller.ts'
import type { TokenUses } from '../auth/token-uses.ts'
import type { SqlLimits } from '../config.ts'
import { requireActive } from '../databases/store.ts'
import { ApiError } from '../errors.ts'
import { EncodedJson } from '../http/reply.ts'
import type { DatabaseRow } from '../metadata/tables.ts'
import { toApiError } from './errors.ts'
import { loggedIn } from './logged-in.ts'
import type { SqlQueue } from './queue.ts'
import type { TextQuery } from './text-query.ts'
import { wake } from './wake.ts'
import type { SqlWorkers } from './workers.ts'

export interface OwnStatementDeps {
  engine: Pick<DatabaseEngine, 'connect' | 'restoreLogins'>
  sqlLimits: SqlLimits
  sqlQueue: SqlQueue
  sqlWorkers: SqlWorkers
  tokenUses: TokenUses
}

export interface OwnCall {
  caller: Pick<Caller, 'customerId' | 'tokenId'>
  database: DatabaseRow
  request: { signal: AbortSignal }
}

export interface OwnOptions {
  readOnly: boolean
  /** Beside the database itself: one that the owner made on the same server, by its name. */
  beside?: string
}

/**
 * Runs statements in one transaction and gives the first value of the last one. The texts are the service's own; values of
 * the request go in `params`.
 */
export type RunOwn = (queries: TextQuery[], options: OwnOptions) => Promise<OwnValue>

/** A value of a database, which its server may have made up. */
interface OwnValue {
  json: EncodedJson
  /** Throws 503 where it is not what the statement gives. */
  as<T>(schema: z.ZodType<T>): T
}

/** Wakes the database and does work in it that may take several transactions, in one place of the queue. */
export function withOwnStatements<T>(
  deps: OwnStatementDeps,
  call: OwnCall,
  work: (run: RunOwn) => Promise<T>,
): Promise<T> {
  const { caller, database } = call
  requireActive(database)
  const account = caller.customerId
  return deps.tokenUses.whileValid(caller, call.request, (signal) =>
    deps.sqlQueue.run({ databaseId: database.id, account }, signal, async () =>
      work(
        ownStatements(deps, await wake(deps.engine, database.id), {
          databaseId: database.id,
          account,
          signal,
        }),
      ),
    ),
  )
}

export interface OwnStatementParts extends Pick<OwnStatementDeps, 'sqlLimits' | 'sqlWorkers'> {
  engine: Pick<DatabaseEngine, 'restoreLogins'>
}

/** Runs them in a database that is awake. */
export function ownStatements(
  { engine, sqlLimits: limits, sqlWorkers }: OwnStatementParts,
  { address, database: itself, logins, storage }: RunningDatabase,
  { databaseId, account, signal }: { databaseId: string; account: string; signal: AbortSignal },
): RunOwn {
  const { statementTimeoutMs, maxRows, maxBytes, accountBytes } = limits
  return async (queries, { readOnly, beside }) => {
    const options = {
      as: 'admin' as const,
      ...{ address, database: beside ?? itself, logins, readOnly, isOurs: true },
      ...{ statementTimeoutMs, maxRows, maxBytes },
    }
    const run = { task: { kind: 'ours', queries }, options, account, accountBytes } as const
    const outcome = await loggedIn(engine, databaseId, () => sqlWorkers.run(run, signal))
    if (outcome.kind !== 'reply') throw toApiError(outcome, { readOnly: false, limits, storage })
    return { json: new EncodedJson(outcome.json), as: (schema) => readValue(schema, outcome.json) }
  }
}

/** A value of a database. Throws 503 where it is not what it should be: a server may have made it up. */
export function readValue<T>(schema: z.ZodType<T>, json: Uint8Array): T {
  const parsed = schema.safeParse(JSON.parse(new TextDecoder().decode(json)))
  if (parsed.success) return parsed.data
  throw new ApiError('unavailable', 'the database does not answer as it should', { cause: parsed.error })
}

/** The JSON that a statement makes in a read-only transaction, as one value of one row. */
export async function readDocument(
  deps: OwnStatementDeps,
  call: OwnCall,
  query: TextQuery,
): Promise<EncodedJson> {
  return (await withOwnStatements(deps, call, (run) => run([query], { readOnly: true }))).json
}
