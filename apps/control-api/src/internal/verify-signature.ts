/** Middleware that admits signed requests of the other parts. */
import { isFromBrowser } from '@db9/internal-api/browser-guard'
import { createNonceStore } from '@db9/internal-api/nonces'
import { SIGNATURE_HEADER, verifyOnce } from '@db9/internal-api/signature'
import type { HmacKey } from '@db9/types/crypto'
import { newId } from '@db9/types/ids'
import { REQUEST_ID_HEADER } from '@db9/types/internal'
import type { MiddlewareHandler } from 'hono'
import { ApiError } from '../errors.ts'
import { readText } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import { sentPath } from '../http/forwarded.ts'

/** The logs of a run are the longest. */
const MAX_BODY_BYTES = 512 * 1024

export interface InternalEnv {
  Variables: AppEnv['Variables'] & { bodyText: string }
}

export interface SignatureDeps {
  /** The key of signatures between the parts. */
  internalKey: HmacKey
  /** Milliseconds since the epoch. */
  clock: () => number
}

/** Admits signed requests, each signature once; 403 for any other and for requests that a browser may have sent. */
export function verifySignature({ internalKey, clock }: SignatureDeps): MiddlewareHandler<InternalEnv> {
  const nonces = createNonceStore()
  return async (c, next) => {
    const { headers } = c.req.raw
    if (isFromBrowser((name) => headers.has(name))) throw new ApiError('forbidden', 'not for browsers')
    const now = clock()
    const bodyText = await readText(c.req.raw, MAX_BODY_BYTES)
    const parts = { method: c.req.method, path: sentPath(c.req.url), body: bodyText }
    const signature = c.req.header(SIGNATURE_HEADER)
    if (!(await verifyOnce(parts, signature, { key: internalKey, nonces, now })))
      throw new ApiError('forbidden', 'the signature is not valid')
    c.set('bodyText', bodyText)
    c.set('request', {
      id: c.req.header(REQUEST_ID_HEADER) ?? newId('request', now),
      address: 'internal',
      now,
    })
    await next()
  }
}
