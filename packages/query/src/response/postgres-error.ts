/** Errors of Postgres as replies. */
import type { Role } from '../contract.ts'
import { errors, QueryError } from '../errors.ts'
import type { Plan } from '../plan/plan.ts'
import { GUARD } from '../sql/main-row.ts'
import { isOfStatement } from './error-origin.ts'
import { guardError, isGuard } from './guard-error.ts'
import type { PostgresFields } from './postgres-fields.ts'
import { raisedError } from './raised-error.ts'
import { redact } from './redact.ts'

export interface ErrorContext {
  role: Role
  plan?: Plan | undefined
}

/** SQLSTATEs and, after them, classes of two characters; everything else is 400 (PostgREST, "HTTP Status Codes"). */
const STATUS: Readonly<Record<string, number>> = {
  '23503': 409,
  '23505': 409,
  '25006': 405,
  '42883': 404,
  '42P01': 404,
  '42P17': 500,
  // Not PostgREST's 503, which clients try again: over its quota a database takes no writes until it is given room.
  '53100': 507,
  '53400': 500,
  '57P01': 503,
  P0001: 400,
  '08': 503,
  '09': 500,
  '0L': 403,
  '0P': 403,
  '21': 500,
  '25': 500,
  '28': 403,
  '2D': 500,
  '38': 500,
  '39': 500,
  '3B': 500,
  '40': 500,
  '53': 503,
  '54': 500,
  '55': 500,
  '57': 500,
  '58': 500,
  F0: 500,
  HV: 500,
  P0: 500,
  XX: 500,
}

/** What the caller is told of an error of Postgres: PostgREST's status and body, without names and values not theirs. */
export function fromPostgresError(fields: PostgresFields, context: ErrorContext): QueryError {
  const code = fields.code ?? 'XX000'
  if (isGuard(code)) return guardError(code, fields.message, context.plan)
  if (code === 'PGRST') return raisedError(fields.message, fields.detail ?? null)
  if (code === TOO_DEEP && isOfStatement(fields)) return errors.nestedTooDeep()
  const told = redact(code, fields, context.plan)
  return new QueryError({
    code,
    status: statusOf(code, fields.message, context.role),
    message: told.message,
    details: told.details,
    hint: told.hint,
  })
}

/** `statement_too_complex`. Our statements are never deep, so where the error is the statement's own, a value of the caller's is. */
const TOO_DEEP = '54001'

function statusOf(code: string, message: string, role: Role): number {
  if (code === '42501') return role === 'anon' ? 401 : 403
  if (code === '21000' && message.endsWith('requires a WHERE clause')) return 400
  if (code === '22023' && /^role .*does not exist$/.test(message)) return 401
  if (code.startsWith('PT')) return raisedStatus(code.slice(2))
  return STATUS[code] ?? STATUS[code.slice(0, 2)] ?? 400
}

/** `RAISE SQLSTATE 'PT402'` asks for a status; one that is none is an error of the function. */
function raisedStatus(text: string): number {
  const status = Number(text)
  return /^\d{3}$/.test(text) && status >= 200 && status <= 599 ? status : 500
}

const UNDEFINED = new Set(['42P01', '42703', '3F000'])

/**
 * Whether the error may come from a plan that was made on an older schema: our guard, or a name that the plan knew and
 * the statement itself no longer found. Read the catalog again, plan again, and try once more.
 */
export function isStaleCatalog(fields: PostgresFields): boolean {
  const code = fields.code ?? ''
  if (code === GUARD.staleCatalog) return true
  const isTopLevel = !fields.where
  if (code === '42883') return isTopLevel && /^function (?!pg_catalog\.)/.test(fields.message)
  return isTopLevel && UNDEFINED.has(code)
}

/** Refusals by what the catalog holds: PGRST2xx, a media type without a handler, a column or type that is unknown, a relation that is not safe, a missing pre_request. */
const CATALOG_MISS = /^(?:PGRST107|PGRST2\d\d|42703|42704|DB920\d|DB9510)$/

/**
 * Whether a refusal of `planRequest` may come from a catalog that is older than the schema. Ask for the version
 * (`versionBatch`); where it is another, read the catalog again and plan again: so the request right after a migration
 * sees it.
 */
export function isCatalogMiss(error: QueryError): boolean {
  return CATALOG_MISS.test(error.code)
}
