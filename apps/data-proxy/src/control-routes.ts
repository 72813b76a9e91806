/** The internal routes by which the control API and its engine ask for a database: signed, each signature once. */
import { createNonceStore } from '@db9/internal-api/nonces'
import { SIGNATURE_HEADER, verifyOnce } from '@db9/internal-api/signature'
import type { HmacKey } from '@db9/types/crypto'
import {
  type ForgetReply,
  type ForgetRequest,
  INTERNAL_PATHS,
  type ReleaseReply,
  type ReleaseRequest,
} from '@db9/types/internal'
import { ProxyError } from './errors.ts'
import { readBody } from './http/body.ts'
import { isBrowserRequest, type Reply, type Route } from './http/exchange.ts'
import type { ReleaseReason } from './pgwire/clients.ts'

/** What the routes do. */
export interface ControlActions {
  release(databaseId: string, why: ReleaseReason): boolean
  dropDatabase(databaseId: string): void
  forgetLogins(databaseId: string): void
  /** Ends what a connect key or token has opened, and gives the pids of the backends. */
  endCredential(credentialId: string): number[]
}

type Answer = (databaseId: string, body: Record<string, unknown>, actions: ControlActions) => Reply

const MAX_BYTES = 1_024

const ANSWERS: Record<'release' | 'forget', Answer> = {
  release: (databaseId, body, { release }) => {
    const { for_place: forPlace, listen_idle_ms: listenIdleMs } = parseRelease(body)
    const reply: ReleaseReply = { released: release(databaseId, { forPlace, listenIdleMs }) }
    return { status: 200, body: JSON.stringify(reply) }
  },
  forget: (databaseId, body, { dropDatabase, forgetLogins, endCredential }) => {
    const asked = parseForget(body)
    const reply: ForgetReply = { backends: [] }
    if (asked.what === 'gone') dropDatabase(databaseId)
    else if (asked.what === 'credential') reply.backends = endCredential(asked.credential_id)
    else forgetLogins(databaseId)
    return { status: 200, body: JSON.stringify(reply) }
  },
}

const PATHS = (['release', 'forget'] as const).map((name) => ({
  path: new RegExp(`^${INTERNAL_PATHS[name]('(\\w+)')}$`),
  answer: ANSWERS[name],
}))

/** Finds the route of a path. */
export function controlRoutes(key: HmacKey, actions: ControlActions): (path: string) => Route | undefined {
  const nonces = createNonceStore()
  const readSigned = async (request: Parameters<Route['answer']>[0]) => {
    const path = request.url ?? ''
    const body = await readBody(request, MAX_BYTES)
    const signature = String(request.headers[SIGNATURE_HEADER])
    const isSigned = await verifyOnce({ method: 'POST', path, body }, signature, { key, nonces })
    if (!isSigned || isBrowserRequest(request.headers)) {
      throw new ProxyError('28000', 'the signature is not valid', 403)
    }
    return parseObject(body)
  }
  return (path) => {
    for (const { path: pattern, answer } of PATHS) {
      const databaseId = pattern.exec(path)?.[1]
      if (databaseId === undefined) continue
      return {
        headers: {},
        answer: async (request) => answer(databaseId, await readSigned(request), actions),
      }
    }
    return undefined
  }
}

function parseObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {}
  throw new ProxyError('08P01', 'the body is not a JSON object')
}

function parseRelease({ for_place, listen_idle_ms }: Record<string, unknown>): ReleaseRequest {
  return {
    for_place: for_place === true,
    ...(typeof listen_idle_ms === 'number' && { listen_idle_ms }),
  }
}

function parseForget({ what, credential_id }: Record<string, unknown>): ForgetRequest {
  if (what === 'gone' || what === 'passwords') return { what }
  if (what === 'credential' && typeof credential_id === 'string') return { what, credential_id }
  throw new ProxyError('08P01', 'what is neither "gone" nor "passwords", nor a "credential" with its id')
}
