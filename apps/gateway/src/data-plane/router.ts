/** Which database and service a URL of the data plane means: by the path, or by the host name under the data domain. */
import { idToHostLabel, isId } from '@db9/types/ids'
import type { DataTarget } from '../pipeline/incoming.ts'

/** Services by their prefix, `/rest/v1`. A service that is added here answers under both forms of a URL. */
export type ServiceTable<Service> = readonly (readonly [prefix: string, service: Service])[]

/** `none`: not an address of the data plane. `unknown`: an address of it with nothing there; `path` is what follows the database. */
export type Route<Service> =
  | { kind: 'none' }
  | { kind: 'unknown'; path: string; hasDatabase: boolean }
  | { kind: 'found'; service: Service; target: DataTarget }

const NONE = { kind: 'none' } as const
const DATABASE_PATH = '/db/'
const SERVICE_PATH = /^\/(?:rest|auth|storage|realtime|functions|graphql)\/v1(?:\/|$)/

/** `dataDomain` is null where databases have no host names. */
export function findRoute<Service>(
  url: { hostname: string; pathname: string },
  dataDomain: string | null,
  services: ServiceTable<Service>,
): Route<Service> {
  const host = dataDomain === null ? null : labelBefore(url.hostname, dataDomain)
  if (host !== null) {
    const databaseId = host.replace('-', '_')
    return isId('database', databaseId) && idToHostLabel(databaseId) === host
      ? findService(databaseId, url.pathname, services)
      : unknown(url.pathname, false)
  }
  // A client that was given the URL without the database asks for a service at the root.
  if (SERVICE_PATH.test(url.pathname)) return unknown(url.pathname, false)
  if (!url.pathname.startsWith(DATABASE_PATH)) return NONE
  const end = url.pathname.indexOf('/', DATABASE_PATH.length)
  const databaseId = url.pathname.slice(DATABASE_PATH.length, end === -1 ? undefined : end)
  return end !== -1 && isId('database', databaseId)
    ? findService(databaseId, url.pathname.slice(end), services)
    : unknown(url.pathname, false)
}

function unknown(path: string, hasDatabase: boolean): Extract<Route<never>, { kind: 'unknown' }> {
  return { kind: 'unknown', path, hasDatabase }
}

function labelBefore(hostname: string, domain: string): string | null {
  const suffix = `.${domain}`
  return hostname.endsWith(suffix) ? hostname.slice(0, -suffix.length) : null
}

function findService<Service>(
  databaseId: string,
  path: string,
  services: ServiceTable<Service>,
): Route<Service> {
  for (const [prefix, service] of services) {
    if (path === prefix || path.startsWith(`${prefix}/`))
      return { kind: 'found', service, target: { databaseId, path: path.slice(prefix.length + 1) } }
  }
  return unknown(path, true)
}
