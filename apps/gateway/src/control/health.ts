/** GET /healthz: 200 while all parts serve, else 503 with the state of each part. */
import { INTERNAL_PATHS } from '@db9/types/internal'
import { within } from '@db9/types/within'
import type { Config } from '../config.ts'
import type { PartClient } from '../part-client.ts'

/** Whether each part behind the gateway serves, by its name. */
export type PartStates = Readonly<Record<string, boolean>>

export interface HealthDeps {
  /** Asks the parts. Never rejects, and takes `TIMEOUT_MS` at most. */
  ask(): Promise<PartStates>
  /** Milliseconds since the epoch. */
  now(): number
  /** Keeps the request alive whose answer other requests wait for. */
  waitUntil(work: Promise<unknown>): void
}

const TIMEOUT_MS = 2_000
/** How long a request waits for the answer of another one (ms), which may have been dropped. Then it asks itself. */
const PATIENCE_MS = TIMEOUT_MS + 500
/** How long an answer is reused (ms). Short while a part does not serve: a start asks until all parts do. */
const REMEMBERED_MS = { healthy: 1_000, unhealthy: 100 }

/** Asks the parts at most once a second, however often strangers call /healthz. */
export class RememberedHealth {
  #last: { states: PartStates; until: number } | null = null
  #asking: { since: number; states: Promise<PartStates> } | null = null

  /** The states of the parts, at most a second old. */
  async states(deps: HealthDeps): Promise<PartStates> {
    const now = deps.now()
    if (this.#last && now < this.#last.until) return this.#last.states
    const asking = this.#asking
    if (!asking || now - asking.since >= PATIENCE_MS) return this.#ask(deps)
    return (await within(PATIENCE_MS, asking.states, () => null)) ?? this.#ask(deps)
  }

  async #ask(deps: HealthDeps): Promise<PartStates> {
    const since = deps.now()
    const { promise, resolve } = Promise.withResolvers<PartStates>()
    const asking = { since, states: promise }
    this.#asking = asking
    const work = deps.ask().then((states) => {
      const { healthy, unhealthy } = REMEMBERED_MS
      this.#last = { states, until: since + (isHealthy(states) ? healthy : unhealthy) }
      if (this.#asking === asking) this.#asking = null
      resolve(states)
      return states
    })
    deps.waitUntil(work)
    return work
  }
}

function isHealthy(states: PartStates): boolean {
  return Object.values(states).every((serves) => serves)
}

/** Asks each part whether it serves; never rejects. */
export async function askParts(config: Config): Promise<PartStates> {
  const parts = { control_api: config.control, data_proxy: config.dataProxy }
  const asked = Object.entries(parts).map(async ([name, part]) => [name, await serves(part)] as const)
  return Object.fromEntries(await Promise.all(asked))
}

export function toHealthReply(states: PartStates): Response {
  const named = Object.entries(states).map(([name, ok]) => [name, ok ? 'ok' : 'unavailable'])
  const isOk = isHealthy(states)
  return Response.json(
    { status: isOk ? 'ok' : 'unavailable', ...Object.fromEntries(named) },
    { status: isOk ? 200 : 503 },
  )
}

/** The reply for the operator, with facts of the server. A token that is not the owner's gets the refusal in `facts`. */
export async function withFacts(health: Response, facts: Response): Promise<Response> {
  if (facts.status === 401 || facts.status === 403) return facts
  const known = facts.ok ? ((await facts.json()) as object) : {}
  return Response.json({ ...((await health.json()) as object), ...known }, { status: health.status })
}

async function serves(part: PartClient): Promise<boolean> {
  try {
    const response = await part.fetch(INTERNAL_PATHS.health, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    await response.body?.cancel()
    return response.status === 200
  } catch {
    return false
  }
}
