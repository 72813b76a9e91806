/** Plans a parsed request against the catalog, runs it, and shapes the reply; a second time where the catalog was out of date. */
import {
  type Catalog,
  fromPostgresError,
  isCatalogMiss,
  isStaleCatalog,
  type Plan,
  QueryError,
  type RestResponse,
  ROW,
  responseSteps,
  type Session,
  statementTimeout,
  toResponse,
} from '@db9/query'
import { DATA_LOGINS } from '@db9/types/internal'
import { type Executed, PostgresError, type Row, STREAMED_BODY } from '../executor/executor.ts'
import { StreamedText } from '../http/outgoing-body.ts'
import type { DataReply } from '../http/reply.ts'
import { logError } from '../log.ts'
import { findCatalog, findChangedCatalog, findNewerCatalog, toCatalogRefusal } from './catalog.ts'
import type { RestDeps } from './deps.ts'
import { inSteps } from './in-steps.ts'
import { type Planned, type Prepared, planPrepared } from './prepared.ts'

/** Throws a `QueryError` for what the request, its plan or Postgres refuses. */
export async function answer(prepared: Prepared, session: Session, deps: RestDeps): Promise<DataReply> {
  const { database } = prepared.served.config
  try {
    return await attemptTwice(prepared, session, deps)
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error
    // `attempt` has translated the errors of the client's statement, so this one is of a read of the catalog. Its words are
    // for the log.
    logError(error, { request_id: deps.requestId, route: 'catalog', database_id: database.id })
    throw toCatalogRefusal(error)
  }
}

async function attemptTwice(prepared: Prepared, session: Session, deps: RestDeps): Promise<DataReply> {
  const databaseId = prepared.served.config.database.id
  const catalog = await findCatalog(databaseId, deps.catalog)
  const first = await attempt(prepared, catalog, session, deps)
  if (first.kind === 'done') return first.reply
  const find = first.kind === 'stale' ? findNewerCatalog : findChangedCatalog
  const newer = await find(databaseId, catalog, deps.catalog)
  if (newer === null) throw first.error
  const second = await attempt(prepared, newer, session, deps)
  if (second.kind === 'done') return second.reply
  throw second.error
}

/** Beyond the statement timeout, which Postgres holds itself: for a database that has to wake, and a proxy that hangs. */
const WAKE_TIMEOUT_MS = 20_000

/** `unplanned`: the catalog has nothing of a name in the request. `stale`: Postgres found that the catalog has changed. */
type Attempt = { kind: 'done'; reply: DataReply } | { kind: 'unplanned' | 'stale'; error: QueryError }

async function attempt(
  prepared: Prepared,
  catalog: Catalog,
  session: Session,
  deps: RestDeps,
): Promise<Attempt> {
  const { database, data_api: settings } = prepared.served.config
  let planned: Planned
  try {
    planned = planPrepared(prepared, catalog)
  } catch (error) {
    if (error instanceof QueryError && isCatalogMiss(error)) return { kind: 'unplanned', error }
    throw error
  }
  const { plan } = planned
  const batch = planned.toBatch(session)
  const timeoutMs = statementTimeout(plan, session.role, settings) + WAKE_TIMEOUT_MS
  try {
    const { requestId, waitUntil } = deps
    const login = session.role === 'service_role' ? DATA_LOGINS.service : DATA_LOGINS.publishable
    const options = { login, timeoutMs, streamedColumn: ROW.body, requestId, waitUntil }
    const executed = await deps.executor.run(database.id, batch, options)
    const response =
      plan.action === 'describe'
        ? await describe(plan, executed.row, database.id, deps)
        : toResponse(plan, executed.row)
    return { kind: 'done', reply: toDataReply(response, executed.rest) }
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error
    const shown = fromPostgresError(error.fields, { role: session.role, plan })
    if (isStaleCatalog(error.fields)) return { kind: 'stale', error: shown }
    throw shown
  }
}

/** In steps, and in turn with the large bodies of the database: for a large schema, this takes a second. */
async function describe(plan: Plan, row: Row, databaseId: string, { largeBodies }: RestDeps) {
  const share = largeBodies.of(databaseId)
  share.add(row.reduce((sum, value) => sum + (value?.length ?? 0), 0))
  await share.turn()
  return inSteps(responseSteps(plan, row))
}

/** Puts the streamed text in its place in the reply, or cancels it where the reply does not need it. */
function toDataReply(reply: RestResponse, rest: Executed['rest']): DataReply {
  if (reply.body === STREAMED_BODY) return { ...reply, body: rest }
  // The reply to HEAD, and a result that is an error, do not need it.
  if (rest instanceof StreamedText) void rest.stream.cancel()
  return reply
}
