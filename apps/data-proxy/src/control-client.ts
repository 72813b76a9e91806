/** What the proxy asks of the control API. */
import { internalClient } from '@db9/internal-api/client'
import { hmacKey } from '@db9/types/crypto'
import {
  type ConnectReply,
  type ConnectRequest,
  INTERNAL_PATHS,
  type LoginReply,
  type VerifierReply,
  type VerifierRequest,
} from '@db9/types/internal'
import { atCapacity, ControlApiUnavailable, UNREACHABLE, unavailable } from './errors.ts'

/** What the proxy asks of the control API. Null: there is no such live database. */
export interface ControlClient {
  /** Where the database listens; wakes it. Throws a `ProxyError` where it cannot be had now. */
  connect(databaseId: string, asked: ConnectRequest): Promise<ConnectReply | null>
  /** What logins as a role are held against. */
  verifier(databaseId: string, asked: VerifierRequest): Promise<VerifierReply | null>
  /** What the service logs in with as a role of the owner's; wakes the database. */
  login(databaseId: string, role: string): Promise<LoginReply | null>
}

export interface ControlClientOptions {
  fetch: (request: Request) => Promise<Response>
  /** Where the control API listens; the name alone matters where `fetch` stays within the process. */
  origin?: string
  internalSecret: string
}

/** A wake takes up to 30 s, and a place among the running ones 15 s before it. */
const TIMEOUT_MS = 60_000

/** Asks the control API by signed requests. */
export async function createControlClient(options: ControlClientOptions): Promise<ControlClient> {
  const { fetch, origin = 'http://control', internalSecret } = options
  const call = internalClient({
    key: await hmacKey(internalSecret),
    fetch: (path, init) => fetch(new Request(origin + path, init)),
    timeoutMs: TIMEOUT_MS,
  })

  const ask = async <Reply>(path: string, asked: object): Promise<Reply | null> => {
    const response = await call({ method: 'POST', path, body: JSON.stringify(asked) }).catch(() => {
      throw new ControlApiUnavailable()
    })
    if (response.status === 404) return null
    if (response.status === 409) throw unavailable('the database is not active')
    if (response.status === 503 && (await codeOf(response)) === 'at_capacity') throw atCapacity()
    if (!response.ok) throw unavailable(UNREACHABLE)
    return (await response.json()) as Reply
  }

  return {
    connect: (databaseId, asked) => ask<ConnectReply>(INTERNAL_PATHS.connect(databaseId), asked),
    verifier: (databaseId, asked) => ask<VerifierReply>(INTERNAL_PATHS.verifier(databaseId), asked),
    login: (databaseId, role) => ask<LoginReply>(INTERNAL_PATHS.login(databaseId), { role }),
  }
}

async function codeOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json().catch(() => null)
  return (body as { code?: unknown } | null)?.code
}
