/**
 * What a request speaks to, and of which kind it is: one reading of method and path, for the limiter
 * as for the planner, so that no spelling of a path is one thing to the one and another to the other.
 */
import type { RequestInput } from '../contract.ts'
import { errors, QueryError } from '../errors.ts'
import { isForm, parseContentType } from './body.ts'
import { decodePercent } from './query-string.ts'

export type Target = { kind: 'relation' | 'function'; name: string } | { kind: 'root' }

/** `refused`: there is nothing of such a path, or not with such a method; `parseRequest` throws for it. */
export type RequestKind = 'read' | 'write' | 'rpc' | 'describe' | 'options' | 'refused'

/** What method and path say, beside the headers that bear on it. */
export type RequestLine = Pick<RequestInput, 'method' | 'path' | 'headers'>

const METHODS: Readonly<Record<Target['kind'], ReadonlySet<string>>> = {
  relation: new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']),
  function: new Set(['GET', 'HEAD', 'POST', 'OPTIONS']),
  root: new Set(['GET', 'HEAD', 'OPTIONS']),
}
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The method that a request means, and what it is meant for. */
export interface Operation {
  target: Target
  method: string
  /** The body carries the query of a read. */
  isOverride: boolean
}

/** Throws a `QueryError` where there is nothing of this path, or not with this method. */
export function parseOperation(line: RequestLine): Operation {
  const target = parseTarget(line.path)
  const isOverride = isReadOverride(line, target)
  const method = isOverride ? 'GET' : line.method
  if (METHODS[target.kind].has(method)) return { target, method, isOverride }
  throw target.kind === 'function' ? errors.rpcMethod(method) : errors.method(method)
}

/** What a request would do; never throws. A function counts as one however it is called, since it may do anything. */
export function kindOf(line: RequestLine): RequestKind {
  try {
    const { target, method } = parseOperation(line)
    if (method === 'OPTIONS') return 'options'
    if (target.kind === 'root') return 'describe'
    if (target.kind === 'function') return 'rpc'
    return isRead(method) ? 'read' : 'write'
  } catch (error) {
    if (error instanceof QueryError) return 'refused'
    throw error
  }
}

export function isRead(method: string): boolean {
  return READS.has(method)
}

function parseTarget(path: string): Target {
  const [first = '', second, ...rest] = path.split('/').map(decodePercent)
  if (first === '' && second === undefined) return { kind: 'root' }
  if (first === 'rpc' && second && rest.length === 0) return { kind: 'function', name: second }
  if (first !== '' && second === undefined) return { kind: 'relation', name: first }
  throw errors.path()
}

/**
 * A form body may carry the query of a read, since URLs end at 16 KiB on the edge: POST with
 * `X-HTTP-Method-Override: GET`. The header counts nowhere else.
 */
function isReadOverride({ method, headers }: RequestLine, target: Target): boolean {
  return (
    method === 'POST' &&
    target.kind === 'relation' &&
    headers.get('x-http-method-override')?.toUpperCase() === 'GET' &&
    isForm(parseContentType(headers.get('content-type')))
  )
}
