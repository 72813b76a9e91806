/**
 * The SQL of a read, made by the product's own package: what the pass-through runs is what the gateway sends, to the
 * letter. It is planned once; a request then only fills in the row's key.
 */
import {
  type Catalog,
  catalogBatch,
  type Policy,
  parseCatalog,
  parseRequest,
  planRequest,
  type Settings,
  toBatch,
} from '@db9/query'
import { DATA_API_DEFAULTS } from '@db9/types/internal'
import type { BatchStep, WireConnection } from './wire.ts'

const SETTINGS: Settings = DATA_API_DEFAULTS
const POLICY: Policy = {
  exposedSchemas: ['public'],
  exposedTables: ['items'],
  exposedFunctions: [],
  requireRls: true,
}
/** Stands for the key of the row until a request names one; no other parameter of the statement is like it. */
const KEY_SLOT = '987654321'
/** What the main statement raises at another version of the schema. */
const STALE = 'DB001'
/** Column of the main statement's row that holds the JSON of the reply. */
const BODY = 2

export interface SameSql {
  /** One row by its key, or ten rows where the key is null. */
  steps(id: string | null): BatchStep[]
  body(row: ReadonlyArray<string | null>): string
}

/** Reads the catalog as the gateway does and plans both reads for a caller without a JWT. */
export async function planSameSql(wire: WireConnection): Promise<SameSql> {
  const { catalog, version } = await readCatalog(wire)
  const row = planSteps(`select=id,title,body&id=eq.${KEY_SLOT}`, 'row', catalog, version)
  const list = planSteps('select=id,title,body&order=id&limit=10', 'list', catalog, version)
  return {
    steps: (id) =>
      id === null
        ? list
        : row.map(({ statement, values }) => ({
            statement,
            values: values.map((value) => (value === KEY_SLOT ? id : value)),
          })),
    body: (cells) => cells[BODY] ?? '[]',
  }
}

/** Whether a batch failed because the schema is not the one that it was planned for. */
export function isStale(error: unknown): boolean {
  return error !== null && typeof error === 'object' && Reflect.get(error, 'code') === STALE
}

async function readCatalog(wire: WireConnection): Promise<{ catalog: Catalog; version: string }> {
  const steps = catalogBatch().statements.map(({ text, params }, i) => ({
    statement: { name: `catalog-${i}`, text },
    values: params,
  }))
  const [json] = await wire.batch(steps)
  const catalog = parseCatalog(json ?? '')
  return { catalog, version: catalog.version }
}

function planSteps(query: string, name: string, catalog: Catalog, version: string): BatchStep[] {
  const request = parseRequest(
    { method: 'GET', path: 'items', basePath: '/rest/v1/', query, headers: new Headers(), body: '' },
    SETTINGS,
  )
  const plan = planRequest(request, catalog, POLICY, SETTINGS)
  const session = { role: 'anon', claims: {}, headers: {}, cookies: {} } as const
  return toBatch(plan, session, SETTINGS, version).statements.map(({ text, params }, i) => ({
    statement: { name: `${name}-${i}`, text },
    values: params,
  }))
}
