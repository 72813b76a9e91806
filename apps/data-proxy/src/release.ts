import { SIGNATURE_HEADER, verifyRequest } from '@db9/types/credential'
import type { HmacKey } from '@db9/types/crypto'
import { INTERNAL_PATHS, type ReleaseReply } from '@db9/types/internal'
import { ProxyError } from './errors.ts'
import { isFromBrowser, type Route } from './http/exchange.ts'

const PATH = new RegExp(`^${INTERNAL_PATHS.release('(\\w+)')}$`)

export function isReleasePath(path: string): boolean {
  return PATH.test(path)
}

/** A signed `POST …/release`. Sent twice, it does no more than once: what was let go of is asked for anew. */
export function releaseRoute(key: HmacKey, release: (databaseId: string) => boolean): Route {
  return {
    headers: {},
    answer: async (request) => {
      request.resume()
      const path = request.url ?? ''
      const signature = String(request.headers[SIGNATURE_HEADER])
      const nonce = await verifyRequest({ method: 'POST', path, body: '' }, signature, key)
      if (nonce === null || isFromBrowser(request.headers)) {
        throw new ProxyError('28000', 'the signature is not valid', 403)
      }
      const reply: ReleaseReply = { released: release(PATH.exec(path)?.[1] ?? '') }
      return { status: 200, body: JSON.stringify(reply) }
    },
  }
}
