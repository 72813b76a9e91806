/**
 * Reads that were parsed and planned before: apps send the same few again and again. An entry holds only for the very
 * configuration and catalog that it was made with, so nothing has to be told of a change.
 */
import {
  assertRoleWall,
  type Batch,
  batchFor,
  type Catalog,
  type Plan,
  parseRequest,
  planRequest,
  type ReadAhead,
  type RestRequest,
  type Session,
} from '@db9/query'
import type { ServedConfig } from '../limiter/admission.ts'
import type { Lru } from '../lru.ts'

export interface Prepared {
  served: ServedConfig
  request: RestRequest
  planned: Planned | null
}

export interface Planned {
  catalog: Catalog
  plan: Plan
  toBatch(session: Session): Batch
}

/** What `parseRequest` takes, and all of it that it reads. */
export interface RestInput {
  method: string
  path: string
  basePath: string
  query: string
  headers: { get(name: string): string | null }
  body: string
  ahead?: ReadAhead | null
}

/** What is kept of one read is bounded by this, of all by it times the entries. Longer names are seldom sent twice. */
const MAX_NAME_LENGTH = 2_000

/** Throws `QueryError` where the request makes no sense. */
export function prepareRequest(input: RestInput, served: ServedConfig, cache: Lru<Prepared>): Prepared {
  const name = nameOf(input, served)
  const known = name === null ? undefined : cache.get(name)
  if (known?.served === served) return known
  const prepared: Prepared = {
    served,
    request: parseRequest(input, served.config.data_api),
    planned: null,
  }
  if (name !== null) cache.set(name, prepared)
  return prepared
}

/** Throws `QueryError` where the roles of a catalog, what it holds or the key's policy leave no place for the request. */
export function planPrepared(prepared: Prepared, catalog: Catalog): Planned {
  if (prepared.planned?.catalog === catalog) return prepared.planned
  assertRoleWall(catalog)
  const { config, policy } = prepared.served
  const plan = planRequest(prepared.request, catalog, policy, config.data_api)
  prepared.planned = { catalog, plan, toBatch: batchFor(plan, config.data_api, catalog.version) }
  return prepared.planned
}

/** Everything that the reading of a request depends on; null for one that is not kept: the root names its host's path. */
function nameOf({ method, path, query, headers }: RestInput, served: ServedConfig): string | null {
  if ((method !== 'GET' && method !== 'HEAD') || path === '') return null
  const value = (name: string) => headers.get(name) ?? ''
  const first = `${served.config.key.id}\n${method}\n${path}\n${query}\n${value('accept')}\n${value('prefer')}`
  const whole = `${first}\n${value('range')}\n${value('accept-profile')}\n${value('content-type')}`
  return whole.length > MAX_NAME_LENGTH ? null : whole
}
