/** The rules of what a publishable key allows. */
import type { NewPublishableKey, PublishableKeyChange } from '@db9/types'
import type { RateLimit } from '@db9/types/internal'
import { unprocessable } from '../errors.ts'
import type { KeyPolicy } from '../metadata/tables.ts'
import { parseIdentifier, parseQualifiedName } from '../postgres-names.ts'
import { parseOriginPattern } from './origins.ts'

const RESERVED_SCHEMAS = new Set(['information_schema', 'auth', 'db9', 'extensions'])
const DEFAULT_RPS = 100
const MAX_RPS = 100_000
const MAX_BURST = 1_000_000

/** What a new key allows. All defaults of left-out fields are here. Throws 422. */
export function parseKeyPolicy(body: NewPublishableKey): KeyPolicy {
  const exposedSchemas = parseSchemas(body.exposed_schemas ?? ['public'])
  return {
    allowed_origins: body.allowed_origins ? parseOrigins(body.allowed_origins) : null,
    allow_no_origin: body.allow_no_origin ?? false,
    exposed_schemas: exposedSchemas,
    exposed_tables: body.exposed_tables
      ? parseNames(body.exposed_tables, 'exposed_tables', exposedSchemas)
      : null,
    exposed_functions: parseFunctions(body.exposed_functions ?? [], exposedSchemas),
    require_rls: body.require_rls ?? true,
    rate_limit: parseRateLimit(body.rate_limit),
    on_limiter_failure: body.on_limiter_failure ?? 'reads',
  }
}

/** What a key allows after a change: a left-out field stays, and null means the default of a new key. */
export function changeKeyPolicy(policy: KeyPolicy, change: PublishableKeyChange): KeyPolicy {
  const given = Object.entries(change).filter(([, value]) => value !== undefined)
  const merged: PublishableKeyChange = { ...policy, ...Object.fromEntries(given) }
  const { allowed_origins, exposed_tables, expires_in_days: _, ...rest } = merged
  return parseKeyPolicy({
    ...rest,
    ...(allowed_origins && { allowed_origins }),
    ...(exposed_tables && { exposed_tables }),
  })
}

function parseOrigins(origins: string[]): string[] {
  if (origins.length === 0)
    throw unprocessable('allowed_origins', 'must not be empty; leave it out for any origin')
  return [...new Set(origins.map((origin, i) => parseOriginPattern(origin, `allowed_origins.${i}`)))]
}

function parseSchemas(schemas: string[]): string[] {
  if (schemas.length === 0) throw unprocessable('exposed_schemas', 'must not be empty')
  const parsed = schemas.map((text, i) => {
    const schema = parseIdentifier(text, `exposed_schemas.${i}`)
    // Lower-cased: Pg_Catalog is refused like pg_catalog.
    const lower = schema.toLowerCase()
    if (lower.startsWith('pg_') || RESERVED_SCHEMAS.has(lower)) {
      throw unprocessable(`exposed_schemas.${i}`, `"${schema}" cannot be exposed`)
    }
    return schema
  })
  return [...new Set(parsed)]
}

/** `*` is all of them, whatever stands beside it. */
function parseFunctions(names: string[], exposedSchemas: string[]): string[] {
  return names.includes('*') ? ['*'] : parseNames(names, 'exposed_functions', exposedSchemas)
}

/** Names are kept as they were written; the relation or function need not exist yet. */
function parseNames(names: string[], field: string, exposedSchemas: string[]): string[] {
  for (const [i, text] of names.entries()) {
    const { schema } = parseQualifiedName(text, `${field}.${i}`)
    if (schema !== null && !exposedSchemas.includes(schema)) {
      throw unprocessable(`${field}.${i}`, `schema "${schema}" is not in exposed_schemas`)
    }
  }
  return [...new Set(names)]
}

function parseRateLimit(limit: NewPublishableKey['rate_limit']): RateLimit {
  const rps = bounded(limit?.rps ?? DEFAULT_RPS, { field: 'rate_limit.rps', min: 1, max: MAX_RPS })
  const burst = bounded(limit?.burst ?? 2 * rps, { field: 'rate_limit.burst', min: 1, max: MAX_BURST })
  const cost = (name: 'write' | 'rpc') =>
    bounded(limit?.costs?.[name] ?? 1, { field: `rate_limit.costs.${name}`, min: 1, max: burst })
  return { rps, burst, costs: { write: cost('write'), rpc: cost('rpc') } }
}

function bounded(value: number, { field, min, max }: { field: string; min: number; max: number }): number {
  if (value < min || value > max) throw unprocessable(field, `must be from ${min} to ${max}`)
  return value
}
