/** The rules of the data API settings. */
import type { NewDataApiSettings } from '@db9/types'
import { DATA_API_DEFAULTS, type DataApiCaps, type DataApiSettings } from '@db9/types/internal'
import { unprocessable } from '../errors.ts'
import { parseIdentifier, parseQualifiedName } from '../postgres-names.ts'

const MAX_ROWS = 1_000_000
const MAX_TIMEOUT_MS = 60_000
const MAX_SEARCH_PATH = 16

/** The largest values that the gateway and the data proxy can serve. */
const CAP_LIMITS: DataApiCaps = {
  url_bytes: 16 * 1024,
  filters: 1_000,
  in_values_url: 5_000,
  in_values_body: 50_000,
  logic_depth: 50,
  embeds: 100,
  embed_depth: 20,
  request_bytes: 10 * 1024 * 1024,
  response_bytes: 10 * 1024 * 1024,
}

/** The settings that a PUT states; what it leaves out has its default. Throws 422. */
export function parseDataApiSettings(body: NewDataApiSettings): DataApiSettings {
  const defaults = DATA_API_DEFAULTS
  const { max_rows = defaults.max_rows, pre_request = defaults.pre_request } = body
  if (pre_request !== null) parseQualifiedName(pre_request, 'pre_request')
  return {
    max_rows: max_rows === null ? null : within(max_rows, 'max_rows', MAX_ROWS),
    aggregates_enabled: body.aggregates_enabled ?? defaults.aggregates_enabled,
    plan_enabled: body.plan_enabled ?? defaults.plan_enabled,
    tx_rollback_allowed: body.tx_rollback_allowed ?? defaults.tx_rollback_allowed,
    pre_request,
    extra_search_path: parseSearchPath(body.extra_search_path ?? defaults.extra_search_path),
    statement_timeout_ms: {
      anon: timeout(body, 'anon'),
      authenticated: timeout(body, 'authenticated'),
    },
    caps: parseCaps(body.caps ?? {}),
  }
}

function timeout(body: NewDataApiSettings, role: 'anon' | 'authenticated'): number {
  const ms = body.statement_timeout_ms?.[role] ?? DATA_API_DEFAULTS.statement_timeout_ms[role]
  return within(ms, `statement_timeout_ms.${role}`, MAX_TIMEOUT_MS)
}

function parseSearchPath(schemas: string[]): string[] {
  if (schemas.length > MAX_SEARCH_PATH)
    throw unprocessable('extra_search_path', `must have at most ${MAX_SEARCH_PATH}`)
  return schemas.map((schema, i) => parseIdentifier(schema, `extra_search_path.${i}`))
}

function parseCaps(caps: NonNullable<NewDataApiSettings['caps']>): DataApiCaps {
  const names = Object.keys(CAP_LIMITS) as (keyof DataApiCaps)[]
  const parsed = names.map((name) => {
    const value = caps[name] ?? DATA_API_DEFAULTS.caps[name]
    return [name, within(value, `caps.${name}`, CAP_LIMITS[name])] as const
  })
  return Object.fromEntries(parsed) as Record<keyof DataApiCaps, number>
}

function within(value: number, field: string, max: number): number {
  if (value < 1 || value > max) throw unprocessable(field, `must be from 1 to ${max}`)
  return value
}
