/** What goes in and what comes out: the shapes that the gateway shares with this package. */

import type { ReadAhead } from './syntax/body.ts'

/** One HTTP request as it arrived. */
export interface RequestInput {
  method: string
  /** What follows `/rest/v1/`, still percent-encoded: `todos`, `rpc/fn`. */
  path: string
  /** Where `/rest/v1` stands, as the caller sees it: `/db/db_1/rest/v1`. */
  basePath: string
  /** The query string without `?`, still percent-encoded. */
  query: string
  headers: { get(name: string): string | null }
  /** Empty where there is none; bytes (`isBinary`) as Postgres reads them, `\x` and hexadecimal digits. */
  body: string
  /** What `readAhead` has found of the body; left out or null where nothing was read ahead. */
  ahead?: ReadAhead | null
}

/** What a publishable key may reach. */
export interface Policy {
  exposedSchemas: readonly string[]
  /** Null: every table and view of the exposed schemas. */
  exposedTables: readonly string[] | null
  /** `*` is all of them. */
  exposedFunctions: readonly string[]
  requireRls: boolean
}

/** The database's data-api settings; the same shape as `DataApiSettings` of the internal contract. */
export interface Settings {
  max_rows: number | null
  aggregates_enabled: boolean
  plan_enabled: boolean
  tx_rollback_allowed: boolean
  /** A function called first in each transaction, `schema.name`. */
  pre_request: string | null
  extra_search_path: readonly string[]
  statement_timeout_ms: { anon: number; authenticated: number }
  caps: Caps
}

export interface Caps {
  url_bytes: number
  filters: number
  in_values_url: number
  in_values_body: number
  logic_depth: number
  embeds: number
  embed_depth: number
  request_bytes: number
  response_bytes: number
}

/** `service_role` is that of service keys, which row level security does not bind. */
export type Role = 'anon' | 'authenticated' | 'service_role'

/** Who asks, as SQL sees it. */
export interface Session {
  role: Role
  /** Already filtered; `role` is added here. */
  claims: Readonly<Record<string, unknown>>
  /** Lower-case names, without credentials. */
  headers: Readonly<Record<string, string>>
  cookies: Readonly<Record<string, string>>
}

export interface Statement {
  text: string
  params: (string | null)[]
}

/** How a transaction is kept apart from others (Postgres docs, SET TRANSACTION). */
export type Isolation = 'read committed' | 'repeatable read' | 'serializable'

/** One transaction. The first statement sets it up, the last returns the single row that `toResponse` reads. */
export interface Batch {
  readOnly: boolean
  isolation: Isolation
  /** End in ROLLBACK instead of COMMIT, and still answer with the rows. */
  rollback: boolean
  statements: Statement[]
}

export interface RestResponse {
  status: number
  headers: [string, string][]
  body: string
  /** `hex`: the body's digits stand for the bytes to be sent. */
  encoding: 'text' | 'hex'
}
