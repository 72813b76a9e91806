/** Signed calls of the control API to internal routes of the gateway and of the data proxy. */
import { internalClient } from '@db9/internal-api/client'
import { hmacKey } from '@db9/types/crypto'

export interface PartAddress {
  /** Signs the call. */
  internalSecret: string
  /** Where the part is reached; undefined while it does not run yet. */
  origin: () => string | undefined
  /** Milliseconds until a call without an answer fails; left out: as of `internalClient`. */
  timeoutMs?: number
}

/** Posts JSON to a part. Rejects with the reason of `fetch` where it cannot be reached; null where it does not run yet. */
export type CallPart = (path: string, body: object, signal?: AbortSignal) => Promise<Response | null>

export function callPart({ internalSecret, origin, timeoutMs }: PartAddress): CallPart {
  const key = hmacKey(internalSecret)
  return async (path, body, signal) => {
    const url = origin()
    if (url === undefined) return null
    const call = internalClient({
      key: await key,
      fetch: (target, init) => fetch(url + target, init),
      ...(timeoutMs !== undefined && { timeoutMs }),
    })
    return call({ method: 'POST', path, body: JSON.stringify(body), ...(signal && { signal }) })
  }
}

/** A part does not answer, or not as it should. The same call may succeed a little later. */
export class PartUnavailable extends Error {
  constructor(part: 'the data proxy' | 'the gateway', options?: ErrorOptions) {
    super(`${part} does not answer`, options)
    this.name = 'PartUnavailable'
  }
}
