/** The internal route by which the engine asks for a database. */
import { SIGNATURE_HEADER, verifyRequest } from '@db9/types/credential'
import type { HmacKey } from '@db9/types/crypto'
import { INTERNAL_PATHS, type ReleaseReply, type ReleaseRequest } from '@db9/types/internal'
import { ProxyError } from './errors.ts'
import { readBody } from './http/body.ts'
import { isFromBrowser, type Route } from './http/exchange.ts'

const PATH = new RegExp(`^${INTERNAL_PATHS.release('(\\w+)')}$`)
const MAX_BYTES = 1_024

export function isReleasePath(path: string): boolean {
  return PATH.test(path)
}

/** A signed `POST …/release`. Sent twice, it does no more than once: what was let go of is asked for anew. */
export function releaseRoute(
  key: HmacKey,
  release: (databaseId: string, why: { forPlace: boolean }) => boolean,
): Route {
  return {
    headers: {},
    answer: async (request) => {
      const path = request.url ?? ''
      const body = await readBody(request, MAX_BYTES)
      const signature = String(request.headers[SIGNATURE_HEADER])
      const nonce = await verifyRequest({ method: 'POST', path, body }, signature, key)
      if (nonce === null || isFromBrowser(request.headers)) {
        throw new ProxyError('28000', 'the signature is not valid', 403)
      }
      const { for_place: forPlace } = parse(body)
      const reply: ReleaseReply = { released: release(PATH.exec(path)?.[1] ?? '', { forPlace }) }
      return { status: 200, body: JSON.stringify(reply) }
    },
  }
}

function parse(body: string): ReleaseRequest {
  try {
    const { for_place } = JSON.parse(body) as Record<string, unknown>
    return { for_place: for_place === true }
  } catch {
    throw new ProxyError('08P01', 'the body is not a release request')
  }
}
