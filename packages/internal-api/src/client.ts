/** The one client by which a part calls internal routes of another. */
import { type HmacKey, hmacKey } from '@db9/types/crypto'
import { SIGNATURE_HEADER, signRequest } from './signature.ts'

export interface InternalCall {
  method: 'GET' | 'POST'
  /** Begins with a slash; as it will arrive, since the signature covers it. */
  path: string
  /** JSON. Left out: none. */
  body?: string
  /** Gives the call up. */
  signal?: AbortSignal
}

export interface InternalClientOptions {
  key: HmacKey
  /** Reaches the other part: `fetch` with its origin, or a service binding. */
  fetch(path: string, init: RequestInit): Promise<Response>
  /** Milliseconds until a call without an answer fails. */
  timeoutMs?: number
}

const TIMEOUT_MS = 5_000

/** Sends a signed call. Rejects where the part cannot be reached or does not answer in time; any status resolves. */
export type CallInternal = (call: InternalCall) => Promise<Response>

export function internalClient({ key, fetch, timeoutMs = TIMEOUT_MS }: InternalClientOptions): CallInternal {
  return async ({ method, path, body, signal }) => {
    const signature = await signRequest({ method, path, body: body ?? '' }, key)
    return fetch(path, {
      method,
      headers: {
        [SIGNATURE_HEADER]: signature,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal: withTimeout(signal, timeoutMs),
    })
  }
}

function withTimeout(signal: AbortSignal | undefined, ms: number): AbortSignal {
  const timeout = AbortSignal.timeout(ms)
  return signal ? AbortSignal.any([signal, timeout]) : timeout
}

/** Whether the part at `origin` takes what is signed with this secret. `call` changes nothing. Rejects where it is not reached. */
export async function takesSignature(origin: string, secret: string, call: InternalCall): Promise<boolean> {
  const ask = internalClient({
    key: await hmacKey(secret),
    fetch: (path, init) => fetch(origin + path, init),
  })
  const reply = await ask(call)
  await reply.body?.cancel()
  return reply.status !== 403
}
