/** The internal route by which the engine asks for a database. */
import { createNonceStore } from '@db9/internal-api/nonces'
import { SIGNATURE_HEADER, verifyOnce } from '@db9/internal-api/signature'
import type { HmacKey } from '@db9/types/crypto'
import { INTERNAL_PATHS, type ReleaseReply, type ReleaseRequest } from '@db9/types/internal'
import { ProxyError } from './errors.ts'
import { readBody } from './http/body.ts'
import { isBrowserRequest, type Route } from './http/exchange.ts'
import type { ReleaseReason } from './pgwire/clients.ts'

const PATH = new RegExp(`^${INTERNAL_PATHS.release('(\\w+)')}$`)
const MAX_BYTES = 1_024

export function isReleasePath(path: string): boolean {
  return PATH.test(path)
}

/** A signed `POST …/release`, each signature once. */
export function releaseRoute(
  key: HmacKey,
  release: (databaseId: string, why: ReleaseReason) => boolean,
): Route {
  const nonces = createNonceStore()
  return {
    headers: {},
    answer: async (request) => {
      const path = request.url ?? ''
      const body = await readBody(request, MAX_BYTES)
      const signature = String(request.headers[SIGNATURE_HEADER])
      const isSigned = await verifyOnce({ method: 'POST', path, body }, signature, { key, nonces })
      if (!isSigned || isBrowserRequest(request.headers)) {
        throw new ProxyError('28000', 'the signature is not valid', 403)
      }
      const { for_place: forPlace, listen_idle_ms: listenIdleMs } = parse(body)
      const why = { forPlace, listenIdleMs }
      const reply: ReleaseReply = { released: release(PATH.exec(path)?.[1] ?? '', why) }
      return { status: 200, body: JSON.stringify(reply) }
    },
  }
}

function parse(body: string): ReleaseRequest {
  try {
    const { for_place, listen_idle_ms } = JSON.parse(body) as Record<string, unknown>
    return {
      for_place: for_place === true,
      ...(typeof listen_idle_ms === 'number' && { listen_idle_ms }),
    }
  } catch {
    throw new ProxyError('08P01', 'the body is not a release request')
  }
}
