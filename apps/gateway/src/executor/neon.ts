/** The executor for servers of Neon's SQL over HTTP, with Neon's own driver. */
import { QueryError } from '@db9/query'
import { REQUEST_ID_HEADER } from '@db9/types/internal'
import { NeonDbError, neon, neonConfig } from '@neondatabase/serverless'
import type { Config } from '../config.ts'
import { refusals } from '../http/refusals.ts'
import { type Executor, type Row, toExecuteError, toStatusError } from './executor.ts'
import { nameOfLogin, type SqlLogin, SqlLogins } from './sql-login.ts'

const SQL_PATH = '/sql'
export const ROLLBACK_HEADER = 'x-db9-batch-rollback'
const MAX_REPLY_BYTES = 11 * 1024 * 1024

/** What the driver passes to `fetchFunction` unchanged. */
interface BatchFetchOptions {
  signal: AbortSignal
  isRollback: boolean
  requestId: string
}

/** Values stay the text that Postgres printed: the main statement returns JSON already. */
const RAW_TYPES = { getTypeParser: () => (value: string) => value }

export function neonExecutor(config: Config): Executor {
  const sessions = new SqlLogins(config.internalSecret, openSession)
  // The driver has one endpoint and one fetch for all connections; both are the same for every database here.
  neonConfig.fetchEndpoint = () => SQL_PATH
  neonConfig.fetchFunction = (path: string, init: RequestInit & Partial<BatchFetchOptions>) =>
    fetchSql(config, path, init)

  return {
    async run(databaseId, batch, { login: role, timeoutMs, requestId }) {
      const login = { databaseId, role }
      const sql = sessions.find(login) ?? (await sessions.renew(login))
      const queries = batch.statements.map(({ text, params }) =>
        sql.query(text, params, { types: RAW_TYPES }),
      )
      const fetchOptions: BatchFetchOptions = {
        signal: AbortSignal.timeout(timeoutMs),
        isRollback: batch.rollback,
        requestId,
      }
      try {
        const isolationLevel = ISOLATION_LEVEL[batch.isolation]
        const results = await sql.transaction(queries, {
          readOnly: batch.readOnly,
          isolationLevel,
          fetchOptions,
        })
        const row: unknown = results.at(-1)?.rows[0]
        if (!Array.isArray(row)) throw new Error('the last statement returned no row')
        return { row: row as Row, rest: null }
      } catch (error) {
        throw toError(error)
      }
    },
  }
}

const ISOLATION_LEVEL = {
  'read committed': 'ReadCommitted',
  'repeatable read': 'RepeatableRead',
  serializable: 'Serializable',
} as const

function openSession(login: SqlLogin, credential: string) {
  const connection = `postgresql://${nameOfLogin(login)}:${credential}@proxy/postgres`
  return neon(connection, { arrayMode: true, fullResults: true, disableWarningInBrowsers: true })
}

/** The driver handles 200 and 400. For any other status, this throws the error that the status stands for. */
async function fetchSql(
  config: Config,
  path: string,
  init: RequestInit & Partial<BatchFetchOptions>,
): Promise<Response> {
  const { method = 'POST', headers = {}, body = null, signal = null, isRollback, requestId = '' } = init
  const all: HeadersInit = { ...headers, [REQUEST_ID_HEADER]: requestId }
  if (isRollback) all[ROLLBACK_HEADER] = 'true'
  const response = await config.dataProxy.fetch(path, {
    method,
    headers: all,
    body,
    signal,
    redirect: 'manual',
  })
  if (response.status !== 200 && response.status !== 400) {
    await response.body?.cancel()
    throw toStatusError(response.status)
  }
  if (Number(response.headers.get('content-length') ?? 0) > MAX_REPLY_BYTES) {
    await response.body?.cancel()
    throw refusals.responseTooLarge()
  }
  return response
}

function toError(error: unknown): Error {
  if (!(error instanceof NeonDbError)) return error instanceof Error ? error : new Error(String(error))
  const { sourceError, code, message, detail, hint, where, schema, table, column, dataType, constraint } =
    error
  if (sourceError instanceof QueryError) return sourceError
  // The server did not take the connection, or the client left.
  if (sourceError) return refusals.databaseUnavailable()
  return toExecuteError({
    ...{ code, message, detail, hint, where },
    ...{ schema, table, column, dataType, constraint },
  })
}
