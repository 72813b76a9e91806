/** The parts behind the gateway: a service binding where there is one, a URL where not. */
import { internalClient } from '@db9/internal-api/client'
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

/** Asks an internal route. Gives the JSON, null at 404; throws at anything else. */
export async function askInternal<T>(upstream: Upstream, path: string, key: HmacKey): Promise<T | null> {
  const response = await internalClient({ key, fetch: upstream.fetch })({ method: 'GET', path })
  if (response.status === 200) return (await response.json()) as T
  await response.body?.cancel()
  if (response.status === 404) return null
  throw new Error(`${path} answered with status ${response.status}`)
}
