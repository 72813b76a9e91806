/** The SQL of a run: as its role, with the claims of its caller, in a transaction of its own. */
import { mintSqlCredential } from '@db9/internal-api/sql-credential'
import type { HmacKey } from '@db9/types/crypto'
import { DATA_LOGINS } from '@db9/types/internal'
import { typeNameOf } from './type-names.ts'

/** As whom it runs. */
export interface SqlSession {
  databaseId: string
  role: string
  claims: Record<string, unknown> | null
  timeLeftMs: number
  signal: AbortSignal
}

export interface SqlResult {
  columns: { name: string; type: string }[]
  rows: unknown[][]
  row_count: number | null
  command: string
}

export type SqlAnswer = { result: SqlResult } | { error: { message: string } & Record<string, unknown> }

export interface SqlDeps {
  /** Of the data proxy. */
  origin: () => string | undefined
  internalKey: HmacKey
}

const GOOD_FOR_SECONDS = 600
const RENEW_BEFORE_SECONDS = 300
const MOST_BYTES = 11 * 2 ** 20
const LOGIN_OF: Readonly<Record<string, string>> = {
  anon: DATA_LOGINS.publishable,
  authenticated: DATA_LOGINS.publishable,
  service_role: DATA_LOGINS.service,
}

const SETUP = `select pg_catalog.set_config('search_path', 'public, extensions', true),
  pg_catalog.set_config('role', $1, true), pg_catalog.set_config('request.jwt.claims', $2, true),
  pg_catalog.set_config('statement_timeout', $3, true), pg_catalog.set_config('transaction_timeout', $3, true),
  pg_catalog.set_config('idle_in_transaction_session_timeout', $3, true)`

const UNREACHED: SqlAnswer = { error: { message: 'the database cannot be reached now' } }

/** Runs statements of functions at the data proxy. */
export class FunctionSql {
  readonly #deps: SqlDeps
  readonly #credentials = new Map<string, { text: string; renewAt: number }>()

  constructor(deps: SqlDeps) {
    this.#deps = deps
  }

  async query(session: SqlSession, sql: string, params: unknown[]): Promise<SqlAnswer> {
    const { databaseId, role, claims, timeLeftMs, signal } = session
    const origin = this.#deps.origin()
    if (origin === undefined) return UNREACHED
    const login = LOGIN_OF[role] ?? DATA_LOGINS.functions
    const setup = [role, JSON.stringify({ ...claims, role }), String(Math.ceil(timeLeftMs))]
    const response = await fetch(`${origin}/sql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'neon-array-mode': 'true',
        'neon-connection-string': `postgresql://${databaseId}.${login}:${await this.#credential(databaseId, login)}@proxy/postgres`,
      },
      body: JSON.stringify({
        queries: [
          { query: SETUP, params: setup },
          { query: sql, params },
        ],
      }),
      redirect: 'manual',
      signal,
    }).catch(() => null)
    if (!response) return UNREACHED
    const text = await readBounded(response)
    if (text === null)
      return { error: { message: 'the result is too large; ask for fewer rows', code: '54000' } }
    return response.status === 200 ? { result: toResult(text) } : { error: toError(response.status, text) }
  }

  async #credential(databaseId: string, role: string): Promise<string> {
    const name = `${databaseId}.${role}`
    const now = Math.floor(Date.now() / 1000)
    const known = this.#credentials.get(name)
    if (known && known.renewAt > now) return known.text
    const expiresAt = now + GOOD_FOR_SECONDS
    const text = await mintSqlCredential({ databaseId, role, expiresAt }, this.#deps.internalKey)
    if (this.#credentials.size > 1_000) this.#credentials.clear()
    this.#credentials.set(name, { text, renewAt: expiresAt - RENEW_BEFORE_SECONDS })
    return text
  }
}

interface ProxyResult {
  command: string
  fields: { name: string; dataTypeID: number }[]
  rowCount: number | null
  rows: unknown[][]
}

function toResult(text: string): SqlResult {
  const { results } = JSON.parse(text) as { results: ProxyResult[] }
  const last = results.at(-1)
  if (!last) throw new Error('the data proxy answered no result')
  const columns = last.fields.map(({ name, dataTypeID }) => ({ name, type: typeNameOf(dataTypeID) }))
  return { columns, rows: last.rows, row_count: last.rowCount, command: last.command }
}

const SHOWN = ['code', 'detail', 'hint', 'position', 'schema', 'table', 'column', 'constraint'] as const

function toError(status: number, text: string): { message: string } & Record<string, unknown> {
  try {
    const error = JSON.parse(text) as Record<string, unknown>
    const shown = SHOWN.flatMap((name) =>
      typeof error[name] === 'string' ? [[name, error[name]] as const] : [],
    )
    if (status === 400 && typeof error.message === 'string')
      return { message: error.message, ...Object.fromEntries(shown) }
  } catch {
    // Not of the data proxy.
  }
  return { message: 'the database cannot be reached now' }
}

/** Null where it is too large. */
async function readBounded({ body }: Response): Promise<string | null> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    if (size > MOST_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
