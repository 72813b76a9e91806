/** Statements to Postgres and one row back, in one round trip. The Neon HTTP driver is the first executor. */

import { type Batch, type PostgresFields, QueryError } from '@db9/query'
import { mintSqlCredential } from '@db9/types/credential'
import { NeonDbError, type NeonQueryFunction, neon, neonConfig } from '@neondatabase/serverless'
import type { Config } from '../env.ts'
import { Lru } from '../lru.ts'
import { refusals } from '../refusals.ts'

export type Row = readonly (string | null)[]

export interface Executor {
  /**
   * Runs the batch as one transaction and gives the first row of its last statement, values as Postgres prints them.
   * Throws `PostgresError` for what Postgres reports, a `QueryError` for what keeps the batch from it.
   */
  run(databaseId: string, batch: Batch, timeoutMs: number): Promise<Row>
}

export class PostgresError extends Error {
  readonly fields: PostgresFields

  constructor(fields: PostgresFields) {
    super(fields.message)
    this.name = 'PostgresError'
    this.fields = fields
  }
}

const SQL_PATH = '/sql'
export const ROLLBACK_HEADER = 'x-db9-batch-rollback'
const LOGIN = 'authenticator'
const CREDENTIAL_SECONDS = 10 * 60
const CREDENTIAL_RENEW_SECONDS = 5 * 60
const MAX_REPLY_BYTES = 11 * 1024 * 1024

/** What the driver passes on to `fetchFunction` untouched. */
interface BatchFetchOptions {
  signal: AbortSignal
  isRollback: boolean
}

interface Session {
  sql: NeonQueryFunction<true, true>
  /** Unix seconds. */
  renewAt: number
}

/** Values stay the text that Postgres printed: the main statement already returns JSON. */
const RAW_TYPES = { getTypeParser: () => (value: string) => value }

export function createExecutor(config: Config): Executor {
  const sessions = new Lru<Session>(1_000)
  // The driver has one endpoint and one fetch for all connections; both are the same for every database here.
  neonConfig.fetchEndpoint = () => SQL_PATH
  neonConfig.fetchFunction = (path: string, init: RequestInit & Partial<BatchFetchOptions>) =>
    fetchSql(config, path, init)

  return {
    async run(databaseId, batch, timeoutMs) {
      const sql = await openSession(sessions, config, databaseId)
      const queries = batch.statements.map(({ text, params }) =>
        sql.query(text, params, { types: RAW_TYPES }),
      )
      const fetchOptions: BatchFetchOptions = {
        signal: AbortSignal.timeout(timeoutMs),
        isRollback: batch.rollback,
      }
      try {
        const results = await sql.transaction(queries, { readOnly: batch.readOnly, fetchOptions })
        const row: unknown = results.at(-1)?.rows[0]
        if (!Array.isArray(row)) throw new Error('the last statement returned no row')
        return row as Row
      } catch (error) {
        throw toExecuteError(error)
      }
    },
  }
}

async function openSession(
  sessions: Lru<Session>,
  config: Config,
  databaseId: string,
): Promise<NeonQueryFunction<true, true>> {
  const now = Math.floor(Date.now() / 1000)
  const open = sessions.get(databaseId)
  if (open && now < open.renewAt) return open.sql
  const credential = { databaseId, role: LOGIN, expiresAt: now + CREDENTIAL_SECONDS }
  const password = await mintSqlCredential(credential, config.internalSecret)
  const connection = `postgresql://${databaseId}.${LOGIN}:${password}@proxy/postgres`
  const sql = neon(connection, { arrayMode: true, fullResults: true, disableWarningInBrowsers: true })
  sessions.set(databaseId, { sql, renewAt: now + CREDENTIAL_RENEW_SECONDS })
  return sql
}

/** The driver knows 200 and 400; any other status of the data proxy is told from here, by the error that it stands for. */
async function fetchSql(
  config: Config,
  path: string,
  init: RequestInit & Partial<BatchFetchOptions>,
): Promise<Response> {
  const { method = 'POST', headers = {}, body = null, signal = null, isRollback } = init
  const all = isRollback ? { ...headers, [ROLLBACK_HEADER]: 'true' } : headers
  const response = await config.dataProxy.fetch(path, {
    method,
    headers: all,
    body,
    signal,
    redirect: 'manual',
  })
  if (response.status !== 200 && response.status !== 400) {
    await response.body?.cancel()
    throw STATUS_REFUSALS[response.status]?.() ?? new Error(`the data proxy answered ${response.status}`)
  }
  if (Number(response.headers.get('content-length') ?? 0) > MAX_REPLY_BYTES) {
    await response.body?.cancel()
    throw refusals.responseTooLarge()
  }
  return response
}

const STATUS_REFUSALS: Record<number, () => QueryError> = {
  429: refusals.databaseBusy,
  500: refusals.databaseAway,
  502: refusals.databaseAway,
  503: refusals.databaseAway,
  504: refusals.databaseAway,
  507: refusals.responseTooLarge,
}

/** SQLSTATEs that say that Postgres was not reached: connection, shutdown, start, no room; and our own login refused. */
const AWAY = /^(?:08...|57P0[123]|53300|28000|28P01|3D000)$/

function toExecuteError(error: unknown): Error {
  if (!(error instanceof NeonDbError)) return error instanceof Error ? error : new Error(String(error))
  const { sourceError, code, message, detail, hint, where } = error
  if (sourceError instanceof QueryError) return sourceError
  // The service behind the binding did not take the connection, or the caller went away.
  if (sourceError) return refusals.databaseAway()
  if (!code) return new Error(message)
  if (AWAY.test(code)) return refusals.databaseAway()
  return new PostgresError({ code, message, detail, hint, where })
}
