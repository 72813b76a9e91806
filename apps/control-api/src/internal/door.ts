import { SIGNATURE_HEADER, verifyRequest } from '@db9/types/credential'
import { newId } from '@db9/types/ids'
import { REQUEST_ID_HEADER } from '@db9/types/internal'
import type { MiddlewareHandler } from 'hono'
import { ApiError } from '../errors.ts'
import { readText } from '../http/body.ts'
import { sentPath } from '../http/door.ts'
import type { AppEnv } from '../http/env.ts'
import { createNonceStore } from '../http/nonces.ts'
import type { Services } from '../services.ts'

const MAX_BODY_BYTES = 16 * 1024

export interface InternalEnv {
  Variables: AppEnv['Variables'] & { bodyText: string }
}

/** Admits signed requests, each signature once; 403 for all else and for whatever a browser may have sent. */
export function admitSigned({ internalKey, clock }: Services): MiddlewareHandler<InternalEnv> {
  const nonces = createNonceStore()
  return async (c, next) => {
    const headers = [...c.req.raw.headers.keys()]
    if (headers.some((name) => name === 'origin' || name.startsWith('sec-fetch-'))) {
      throw new ApiError('forbidden', 'not for browsers')
    }
    const now = clock()
    const bodyText = await readText(c.req.raw, MAX_BODY_BYTES)
    const parts = { method: c.req.method, path: sentPath(c.req.url), body: bodyText }
    const nonce = await verifyRequest(parts, c.req.header(SIGNATURE_HEADER), internalKey, now)
    if (nonce === null || !nonces.add(nonce, now))
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
