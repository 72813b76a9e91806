/** Statements of the service's own in an owner's database: they run as admin, and the owner's names change nothing in them. */
import type { DatabaseEngine } from '@db9/engine'
import type { Caller } from '../auth/caller.ts'
import type { SqlLimits } from '../config.ts'
import { requireActive } from '../databases/store.ts'
import { ApiError } from '../errors.ts'
import { EncodedJson } from '../http/reply.ts'
import type { RequestInfo } from '../http/request-info.ts'
import type { DatabaseRow } from '../metadata/tables.ts'
import { toApiError } from './errors.ts'
import type { SqlQueue } from './queue.ts'
import type { TextQuery } from './text-query.ts'
import { wake } from './wake.ts'
import type { SqlWorkers } from './workers.ts'

export interface OwnStatementDeps {
  engine: Pick<DatabaseEngine, 'connect'>
  sqlLimits: SqlLimits
  sqlQueue: SqlQueue
  sqlWorkers: SqlWorkers
}

interface OwnCall {
  caller: Pick<Caller, 'customerId'>
  database: DatabaseRow
  request: Pick<RequestInfo, 'signal'>
}

/**
 * The JSON that a statement makes in a read-only transaction, as one value of one row. The text is the service's own; values
 * of the request go in `params`.
 */
export async function readDocument(
  deps: OwnStatementDeps,
  { caller, database, request }: OwnCall,
  query: TextQuery,
): Promise<EncodedJson> {
  requireActive(database)
  const { engine, sqlLimits: limits, sqlQueue, sqlWorkers } = deps
  const account = caller.customerId
  return sqlQueue.run({ databaseId: database.id, account }, request.signal, async () => {
    const { address, database: name, logins, storage } = await wake(engine, database.id)
    const { statementTimeoutMs, maxRows, maxBytes, accountBytes } = limits
    const options = {
      ...{ address, database: name, logins, readOnly: true, isOurs: true },
      ...{ statementTimeoutMs, maxRows, maxBytes },
    }
    const outcome = await sqlWorkers.run(
      { query, options, shape: 'document', account, accountBytes },
      request.signal,
    )
    if (outcome.kind === 'reply') return new EncodedJson(outcome.json)
    // Objects may be dropped while they are described.
    if (outcome.kind === 'failed') {
      throw new ApiError('unavailable', 'the database cannot be described now; try again', {
        retryAfter: 1,
        cause: new Error(outcome.error.message),
      })
    }
    throw toApiError(outcome, { readOnly: false, limits, storage })
  })
}
