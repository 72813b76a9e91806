/**
 * Keeps parsed and planned reads, because apps send the same few again and again. An entry is valid for the configuration
 * and the catalog object that it was made with, so a change needs no notice.
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
import type { ServedConfig } from '../keys/key-entry.ts'
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

/** The input of `parseRequest`: all that it reads. */
export interface RestInput {
  method: string
  path: string
  basePath: string
  query: string
  headers: { get(name: string): string | null }
  body: string
  ahead?: ReadAhead | null
}

/** Bounds the size of an entry's name, and so the memory of all entries. Longer names seldom come twice. */
const MAX_NAME_LENGTH = 2_000

/** Throws a `QueryError` where the request is malformed. */
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

/** Throws a `QueryError` where the roles of the catalog, its relations or the key's policy do not allow the request. */
export function planPrepared(prepared: Prepared, catalog: Catalog): Planned {
  if (prepared.planned?.catalog === catalog) return prepared.planned
  assertRoleWall(catalog)
  const { config, policy } = prepared.served
  const plan = planRequest(prepared.request, catalog, policy, config.data_api)
  prepared.planned = { catalog, plan, toBatch: batchFor(plan, config.data_api, catalog.version) }
  return prepared.planned
}

/** All that parsing a request depends on. Null for a request that is not kept; the reply at the root names the host's path. */
function nameOf({ method, path, query, headers }: RestInput, served: ServedConfig): string | null {
  if ((method !== 'GET' && method !== 'HEAD') || path === '') return null
  const value = (name: string) => headers.get(name) ?? ''
  const first = `${served.config.key.id}\n${method}\n${path}\n${query}\n${value('accept')}\n${value('prefer')}`
  const whole = `${first}\n${value('range')}\n${value('accept-profile')}\n${value('content-type')}`
  return whole.length > MAX_NAME_LENGTH ? null : whole
}
