/** The parts behind the gateway: a service binding where there is one, a URL where not. */
import { SIGNATURE_HEADER, signRequest } from '@db9/types/credential'
import type { HmacKey } from '@db9/types/crypto'

export interface Upstream {
  /** `path` begins with a slash. */
  fetch(path: string, init?: RequestInit): Promise<Response>
}

export function upstreamOf(binding: Fetcher | undefined, origin: string | null, name: string): Upstream {
  if (binding) {
    const host = `http://${name.toLowerCase().replace('_', '-')}`
    return { fetch: (path, init) => binding.fetch(host + path, init) }
  }
  if (origin === null) throw new Error(`env ${name}: missing, and so is ${name}_URL`)
  return { fetch: (path, init) => fetch(origin + path, init) }
}

const TIMEOUT_MS = 5_000

/** Asks an internal route. Gives the JSON, null at 404; throws at anything else. */
export async function askInternal<T>(upstream: Upstream, path: string, secret: HmacKey): Promise<T | null> {
  const signature = await signRequest({ method: 'GET', path, body: '' }, secret)
  const response = await upstream.fetch(path, {
    headers: { [SIGNATURE_HEADER]: signature },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (response.status === 200) return (await response.json()) as T
  await response.body?.cancel()
  if (response.status === 404) return null
  throw new Error(`${path} answered with status ${response.status}`)
}
