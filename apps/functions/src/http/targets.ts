/** What calls over HTTP run: asked of the control API, and known for a second. */
import type { CallInternal } from '@db9/internal-api/client'
import { FUNCTIONS_PATHS, type FunctionTarget } from '@db9/types/functions-part'
import { BoundedMap } from '@db9/types/limits'
import { HostError } from '../errors.ts'

/** A change of a function or of a secret counts within so long. */
const KNOWN_MS = 1_000
const MOST_KNOWN = 2_000

interface Known {
  target: Promise<FunctionTarget | null>
  until: number
}

export class FunctionTargets {
  readonly #ask: CallInternal
  readonly #known = new BoundedMap<Known>(MOST_KNOWN)

  constructor(ask: CallInternal) {
    this.#ask = ask
  }

  /** Null where the database has no such function. Rejects with a `HostError` where the control API does not answer. */
  find(databaseId: string, name: string): Promise<FunctionTarget | null> {
    const key = `${databaseId} ${name}`
    const now = Date.now()
    const known = this.#known.get(key)
    if (known && known.until > now) return known.target
    const asked: Known = { target: this.#read(databaseId, name), until: now + KNOWN_MS }
    asked.target.catch(() => {
      asked.until = 0
    })
    this.#known.set(key, asked)
    return asked.target
  }

  async #read(databaseId: string, name: string): Promise<FunctionTarget | null> {
    const reply = await this.#ask({ method: 'GET', path: FUNCTIONS_PATHS.target(databaseId, name) }).catch(
      (cause) => {
        throw new HostError('unavailable', 'the control API does not answer', { cause })
      },
    )
    if (reply.status === 200) return (await reply.json()) as FunctionTarget
    await reply.body?.cancel()
    if (reply.status === 404) return null
    throw new HostError('unavailable', 'the control API does not answer')
  }
}
