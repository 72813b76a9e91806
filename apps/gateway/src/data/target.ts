/** Which database a URL of the data plane means; decided on the path, or on the host under the data domain. */
import { idToHostLabel, isId } from '@db9/types/ids'

export interface DataTarget {
  databaseId: string
  /** What follows `/rest/v1/`, still percent-encoded. */
  path: string
}

/** `none`: no address of the data plane. `unknown`: one, but there is nothing there. */
export type TargetVerdict = { kind: 'none' } | { kind: 'unknown' } | { kind: 'rest'; target: DataTarget }

const NONE: TargetVerdict = { kind: 'none' }
const UNKNOWN: TargetVerdict = { kind: 'unknown' }
const DATABASE_PATH = '/db/'
const REST_PATH = '/rest/v1'

export function parseTarget(
  url: { hostname: string; pathname: string },
  dataDomain: string | null,
): TargetVerdict {
  const host = dataDomain === null ? null : labelBefore(url.hostname, dataDomain)
  if (host !== null) {
    const databaseId = host.replace('-', '_')
    return isId('database', databaseId) && idToHostLabel(databaseId) === host
      ? restTarget(databaseId, url.pathname)
      : UNKNOWN
  }
  if (!url.pathname.startsWith(DATABASE_PATH)) return NONE
  const end = url.pathname.indexOf('/', DATABASE_PATH.length)
  const databaseId = url.pathname.slice(DATABASE_PATH.length, end === -1 ? undefined : end)
  return end !== -1 && isId('database', databaseId)
    ? restTarget(databaseId, url.pathname.slice(end))
    : UNKNOWN
}

function labelBefore(hostname: string, domain: string): string | null {
  const suffix = `.${domain}`
  return hostname.endsWith(suffix) ? hostname.slice(0, -suffix.length) : null
}

function restTarget(databaseId: string, path: string): TargetVerdict {
  if (path !== REST_PATH && !path.startsWith(`${REST_PATH}/`)) return UNKNOWN
  return { kind: 'rest', target: { databaseId, path: path.slice(REST_PATH.length + 1) } }
}
