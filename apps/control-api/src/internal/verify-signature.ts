import { isFromBrowser } from '@db9/internal-api/browser-guard'
import { createNonceStore } from '@db9/internal-api/nonces'
import { SIGNATURE_HEADER, verifyOnce } from '@db9/internal-api/signature'
import { newId } from '@db9/types/ids'
import { REQUEST_ID_HEADER } from '@db9/types/internal'
import type { MiddlewareHandler } from 'hono'
import { ApiError } from '../errors.ts'
import { readText } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import { sentPath } from '../http/forwarded.ts'
import type { Services } from '../services.ts'

const MAX_BODY_BYTES = 16 * 1024

export interface InternalEnv {
  Variables: AppEnv['Variables'] & { bodyText: string }
}

/** Admits signed requests, each signature once; 403 for all else and for whatever a browser may have sent. */
export function admitSigned({ internalKey, clock }: Services): MiddlewareHandler<InternalEnv> {
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
