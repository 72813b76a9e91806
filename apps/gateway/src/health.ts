/** GET /healthz: 200 once everything serves, 503 naming what does not yet. */
import { INTERNAL_PATHS } from '@db9/types/internal'
import type { Config } from './env.ts'
import type { Upstream } from './upstream.ts'

const TIMEOUT_MS = 2_000

export async function checkHealth(config: Config): Promise<Response> {
  const parts = { control_api: config.control, data_proxy: config.dataProxy }
  const checked = await Promise.all(
    Object.entries(parts).map(async ([name, part]): Promise<[string, boolean]> => [name, await serves(part)]),
  )
  const isHealthy = checked.every(([, ok]) => ok)
  const states = Object.fromEntries(checked.map(([name, ok]) => [name, ok ? 'ok' : 'unavailable']))
  return Response.json(
    { status: isHealthy ? 'ok' : 'unavailable', ...states },
    { status: isHealthy ? 200 : 503 },
  )
}

/** Health for the operator: beside it what runs the databases. A token that is not the owner's gets its refusal. */
export async function withFacts(health: Response, facts: Response): Promise<Response> {
  if (facts.status === 401 || facts.status === 403) return facts
  const known = facts.ok ? ((await facts.json()) as object) : {}
  return Response.json({ ...((await health.json()) as object), ...known }, { status: health.status })
}

async function serves(part: Upstream): Promise<boolean> {
  try {
    const response = await part.fetch(INTERNAL_PATHS.health, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    await response.body?.cancel()
    return response.status === 200
  } catch {
    return false
  }
}
