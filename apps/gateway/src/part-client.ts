/** Clients of the parts behind the gateway: by a service binding where there is one, else by a URL. */
import { internalClient } from '@db9/internal-api/client'
import type { HmacKey } from '@db9/types/crypto'

export interface PartClient {
  /** `path` begins with a slash. */
  fetch(path: string, init?: RequestInit): Promise<Response>
}

export function partClient(binding: Fetcher | undefined, origin: string | null, name: string): PartClient {
  if (binding) {
    const host = `http://${name.toLowerCase().replace('_', '-')}`
    return { fetch: (path, init) => binding.fetch(host + path, init) }
  }
  if (origin === null) throw new Error(`env ${name}: missing, and so is ${name}_URL`)
  return { fetch: (path, init) => fetch(origin + path, init) }
}

/** Calls an internal route. Gives the JSON, or null for 404. Throws for any other status. */
export async function askInternal<T>(part: PartClient, path: string, key: HmacKey): Promise<T | null> {
  const response = await internalClient({ key, fetch: part.fetch })({ method: 'GET', path })
  if (response.status === 200) return (await response.json()) as T
  await response.body?.cancel()
  if (response.status === 404) return null
  throw new Error(`${path} answered with status ${response.status}`)
}
