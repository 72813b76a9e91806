/** Middleware that admits what the gateway forwards. */
import { createNonceStore } from '@db9/internal-api/nonces'
import { verifyOnce } from '@db9/internal-api/signature'
import type { HmacKey } from '@db9/types/crypto'
import { isId, newId } from '@db9/types/ids'
import { CLIENT_ADDRESS_HEADER, FORWARDED_HEADER, REQUEST_ID_HEADER } from '@db9/types/internal'
import type { MiddlewareHandler } from 'hono'
import { ApiError } from '../errors.ts'
import type { AppEnv } from './env.ts'

/** Path and query as they were sent. The signature covers them, and `new URL` would rewrite parts of them. */
export function sentPath(url: string): string {
  return url.slice(url.indexOf('/', url.indexOf('://') + 3))
}

export interface ForwardedDeps {
  /** The key of signatures between the parts. */
  internalKey: HmacKey
  /** Milliseconds since the epoch. */
  clock: () => number
  /** Also admits requests that did not come through the gateway. For tests. */
  trustDirect: boolean
}

/** Admits requests that came through the gateway, which signs the client's address; 403 for any other. */
export function admitForwarded(deps: ForwardedDeps): MiddlewareHandler<AppEnv> {
  const { internalKey, clock, trustDirect } = deps
  const nonces = createNonceStore()
  return async (c, next) => {
    const now = clock()
    const address = c.req.header(CLIENT_ADDRESS_HEADER)
    const parts = { method: c.req.method, path: sentPath(c.req.url), body: address ?? '' }
    // A signature counts once: a copy of a forwarded request is refused.
    const forwarded =
      address !== undefined &&
      (await verifyOnce(parts, c.req.header(FORWARDED_HEADER), { key: internalKey, nonces, now }))
    if (!forwarded && !trustDirect) {
      throw new ApiError('forbidden', 'this port serves the gateway only; use the gateway’s URL')
    }
    const given = c.req.header(REQUEST_ID_HEADER) ?? ''
    const id = forwarded && isRequestId(given) ? given : newId('request', now)
    c.set('request', {
      id,
      address: (forwarded || trustDirect ? address : '') || 'unknown',
      now,
    })
    await next()
  }
}

function isRequestId(text: string): boolean {
  return isId('request', text) || /^[\w-]{8,64}$/.test(text)
}
