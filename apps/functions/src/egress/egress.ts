/**
 * Calls what functions call, for them: their processes have no network. The URL is on the version's list, each address of its name
 * is public, and the connection is made to such an address. A redirect goes back to the isolate, which asks anew.
 */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { pipeline } from 'node:stream'
import { isPublicAddress } from './addresses.ts'
import { judgeUrl } from './policy.ts'
import { type Address, resolveAll } from './resolve.ts'

export interface EgressDeps {
  /** All addresses of a name. */
  resolve?: (name: string) => Promise<Address[]>
  isPublic?: (address: string) => boolean
}

const IDLE_MS = 30_000
const DENIED = 'x-db9-egress'
/** RFC 9110 section 7.6.1, and what is said of the target alone. */
const NOT_PASSED = new Set([
  'connection',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Answers one request of an isolate, whose target is in `x-db9-target`. */
export async function serveEgress(
  request: IncomingMessage,
  response: ServerResponse,
  allowlist: readonly string[],
  { resolve = resolveAll, isPublic = isPublicAddress }: EgressDeps = {},
): Promise<void> {
  const verdict = judgeUrl(String(request.headers['x-db9-target'] ?? ''), allowlist)
  if (verdict.kind === 'refused') return deny(response, verdict.reason)
  const { url } = verdict
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = await addressesOf(host, resolve)
  if (addresses.length === 0) return deny(response, `${url.hostname} has no address`)
  // One private answer is enough: a name whose answers differ is not to be tried until the right one comes.
  if (!addresses.every(({ address }) => isPublic(address)))
    return deny(response, `${url.hostname} is not an address of the public internet`)
  call(request, response, url, { host, addresses })
}

async function addressesOf(host: string, resolve: NonNullable<EgressDeps['resolve']>): Promise<Address[]> {
  const family = isIP(host)
  return family === 0 ? resolve(host).catch(() => []) : [{ address: host, family }]
}

function call(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  { host, addresses }: { host: string; addresses: Address[] },
): void {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const outgoing = send({
    host,
    port: url.port,
    path: url.pathname + url.search,
    method: request.method,
    headers: { ...passedHeaders(request), host: url.host },
    setHost: false,
    agent: false,
    timeout: IDLE_MS,
    // What was checked is what is connected to, whatever the name means by then.
    lookup: (_, options, done) =>
      options.all ? done(null, addresses) : done(null, addresses[0]?.address ?? '', addresses[0]?.family),
  })
  const fail = () => {
    outgoing.destroy()
    if (response.headersSent) response.destroy()
    else answer(response, 502, `${url.origin} does not answer`)
  }
  outgoing.once('timeout', fail)
  outgoing.once('error', fail)
  outgoing.once('response', (incoming) => {
    const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
      NOT_PASSED.has(name) || name.startsWith('x-db9-') ? [] : values.map((value) => [name, value] as const),
    )
    response.writeHead(incoming.statusCode ?? 502, headers.flat())
    pipeline(incoming, response, () => {})
  })
  response.once('close', () => outgoing.destroy())
  pipeline(request, outgoing, () => {})
}

function passedHeaders({ headers }: IncomingMessage): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || NOT_PASSED.has(name) || name.startsWith('x-db9-') ? [] : [[name, value]],
    ),
  )
}

function deny(response: ServerResponse, reason: string): void {
  response.setHeader(DENIED, 'denied')
  answer(response, 403, reason)
}

function answer(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(message)
}
