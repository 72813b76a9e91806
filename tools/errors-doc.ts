/**
 * Writes docs/errors.md from the tables of errors in the sources: every code, its status and its message. With `--check`, part of
 * `pnpm check`, it compares instead. A row is read from `row('CODE', STATUS, message …)` or `code: 'CODE'` with a message.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { API_ERROR_STATUS } from '../packages/types/src/errors.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const PAGE = join(root, 'docs/errors.md')

interface ErrorRow {
  code: string
  status: number
  message: string
}

const TEXT = String.raw`(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|\x60([^\x60]*)\x60)`
const CALL = new RegExp(String.raw`row\(\s*'([A-Z0-9]+)',\s*(\d{3}),\s*${TEXT}`, 'g')
const ANY_CALL = /row\(\s*'([A-Z0-9]+)',\s*(\d{3}),/g
const RELATION = new RegExp(String.raw`code: '(DB9\d+)',\s*message: \(name: string\) =>\s*${TEXT}`, 'g')

function readRows(path: string): ErrorRow[] {
  const source = readFileSync(join(root, path), 'utf8')
  const calls = [...source.matchAll(CALL)].map(([, code = '', status, ...texts]) => ({
    code,
    status: Number(status),
    message: toMessage(texts),
  }))
  // What is wrong with a relation that a key lists: each is 403.
  const relations = [...source.matchAll(RELATION)].map(([, code = '', ...texts]) => ({
    code,
    status: 403,
    message: toMessage(texts),
  }))
  const others = [...source.matchAll(ANY_CALL)].map(([, code = '', status]) => ({
    code,
    status: Number(status),
    message: 'The message says what is wrong.',
  }))
  return [...calls, ...relations, ...others]
}

function toMessage(texts: readonly (string | undefined)[]): string {
  const text = texts.find((each) => each !== undefined) ?? ''
  return text
    .replaceAll(/\$\{[^}]*\}/g, '…')
    .replaceAll('\\', '')
    .replaceAll('|', '\\|')
}

/** One row per code and status, by code. */
function sorted(rows: readonly ErrorRow[]): ErrorRow[] {
  const byKey = new Map<string, ErrorRow>()
  for (const row of rows) {
    const key = `${row.code} ${row.status}`
    if (!byKey.has(key)) byKey.set(key, row)
  }
  return [...byKey.values()].sort((a, b) => a.code.localeCompare(b.code) || a.status - b.status)
}

function table(rows: readonly ErrorRow[]): string {
  const lines = rows.map(({ code, status, message }) => `| \`${code}\` | ${status} | ${message} |`)
  return ['| code | status | message |', '|---|---|---|', ...lines].join('\n')
}

/** What a code of the REST API means. The compiler asks for each. */
const API_MEANING: Record<keyof typeof API_ERROR_STATUS, string> = {
  invalid_request: 'A field is missing, unknown or of the wrong type.',
  unauthorized: 'The token is missing or not valid.',
  forbidden: 'The token or the account may not do this.',
  quota_exceeded: 'The account has as many of these as it may.',
  registration_closed: 'Accounts are not made this way here.',
  not_found: 'There is no such thing, or it belongs to another account.',
  request_timeout: 'The body did not arrive in time.',
  conflict: 'In conflict with what exists.',
  name_taken: 'Another live database of the account has this name.',
  identity_taken:
    'The identity of an id_token has an account already; sign in to that one and adopt the databases.',
  database_not_active: 'The database is being made, changed or deleted.',
  operation_in_progress: 'Another operation changes the database; the reply names it.',
  idempotency_in_flight: 'The first request with this Idempotency-Key is not answered yet.',
  result_too_large: 'The result of the statement is larger than a reply may be.',
  body_too_large: 'The body is larger than any route takes.',
  misdirected: 'The host name is not one of this server; its operator can add it to DB9_ALLOWED_HOSTS.',
  unprocessable: 'Well-formed, but it makes no sense; the message names the field.',
  idempotency_mismatch: 'This Idempotency-Key came with another request before.',
  sql_failed: 'The statement failed; `code` is its SQLSTATE.',
  rate_limited: 'Too many requests; Retry-After says when to come back.',
  headers_too_large: 'There are too many request headers.',
  internal: 'A fault of the service; request_id names it in the log.',
  unavailable: 'Not available now; try again after Retry-After.',
  at_capacity: 'Too many databases run, and none is idle; try again after Retry-After.',
}

const api = Object.entries(API_ERROR_STATUS).map(([code, status]) => ({
  code,
  status,
  message: API_MEANING[code as keyof typeof API_ERROR_STATUS],
}))
const dataPlane = sorted([
  ...readRows('packages/query/src/errors.ts'),
  ...readRows('apps/gateway/src/http/refusals.ts'),
])

const page = `# Errors

Written by \`npx --yes pnpm@12 run errors\` from the tables of errors in the sources; \`pnpm check\` compares it. A message shown with
… names what it is about.

## Who is to blame, and whether to try again

| status | blame | try again |
|---|---|---|
| 400, 404, 405, 406, 409, 413, 416, 422 | the request | after it was changed |
| 401, 403 | the caller's key, token, origin or rights | after they were changed |
| 408 | the caller's connection: a body did not arrive in time | yes |
| 429 | the caller's rate | after \`Retry-After\` |
| 500 | the service | once; the log has the reason under the request's id |
| 503 | the service, for the moment | after \`Retry-After\` |
| 507 | the database is over its disk quota | after space was freed |

An error shows no stack, no connection string, no secret, and no name that the caller's key does not list. What Postgres says beyond
that is left out of the reply and not logged.

## REST API (\`/customer\`)

\`{message, code}\`, and further fields where they help. A failing SQL statement has the SQLSTATE as its code.

${table(api)}

## Data plane (\`/db/{id}\`)

\`{code, message, details, hint}\` as PostgREST has it. Codes that begin with \`PGRST\` are PostgREST's, those that begin with \`DB9\` are
ours; five characters are Postgres' SQLSTATE.

${table(dataPlane)}
`

if (process.argv.includes('--check')) {
  if (readFileSync(PAGE, 'utf8') !== page) {
    console.error('docs/errors.md is not what the sources say. Run: npx --yes pnpm@12 run errors')
    process.exitCode = 1
  }
} else {
  writeFileSync(PAGE, page)
}
