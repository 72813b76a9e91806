/** The database object: the Durable Object of one database. It fetches the keys of its identity providers, and keeps the last refused requests. */
import { DurableObject } from 'cloudflare:workers'
import type { RefusedRequest } from '@db9/types/internal'
import type { Env } from '../bindings.ts'
import { configOf } from '../config.ts'
import { logError } from '../log.ts'
import { Lru } from '../lru.ts'
import type { DatabaseCalls } from '../object-calls.ts'
import { fetchKeys } from './jwks.ts'
import { fetched, fetchFailed, type JwksState, NO_KEYS, nextStep } from './jwks-state.ts'
import type { JwksReply } from './key-sets.ts'

/** A database has at most ten issuers; further URLs were replaced by a change. */
const MAX_URLS = 12
const MAX_REFUSED = 100
const REFUSED = 'refused'

export class DatabaseObject extends DurableObject<Env> implements DatabaseCalls {
  readonly #states = new Lru<JwksState>(MAX_URLS)
  readonly #fetching = new Map<string, Promise<JwksState>>()

  async jwks(url: string, kid: string | null): Promise<JwksReply> {
    const state = await this.#state(url)
    const step = nextStep(state, kid, Date.now())
    if (step === 'refresh') this.ctx.waitUntil(this.#fetch(url))
    const current = step === 'fetch' ? await this.#fetch(url) : state
    return current.keys && step !== 'fail'
      ? { keys: current.keys, ageMs: Math.max(0, Date.now() - current.fetchedAt) }
      : { error: current.error ?? 'not fetched yet' }
  }

  async noteRefused(refused: RefusedRequest[]): Promise<void> {
    const kept = [...(await this.refused()), ...refused].sort((a, b) => b.at - a.at).slice(0, MAX_REFUSED)
    await this.ctx.storage.put(REFUSED, kept, { allowUnconfirmed: true })
  }

  async refused(): Promise<RefusedRequest[]> {
    return (await this.ctx.storage.get<RefusedRequest[]>(REFUSED)) ?? []
  }

  /** Stored, so that keys stay in use while a provider is down for an hour, even after a restart of the object. */
  async #state(url: string): Promise<JwksState> {
    const known = this.#states.get(url) ?? (await this.ctx.storage.get<JwksState>(storageKey(url)))
    return known ?? NO_KEYS
  }

  #fetch(url: string): Promise<JwksState> {
    const underway = this.#fetching.get(url)
    if (underway) return underway
    const work = this.#fetchAnew(url).finally(() => this.#fetching.delete(url))
    this.#fetching.set(url, work)
    return work
  }

  async #fetchAnew(url: string): Promise<JwksState> {
    const { fetchJwks, allowLocalJwks } = await configOf(this.env)
    const state = await this.#state(url)
    const next = await fetchKeys(url, fetchJwks, allowLocalJwks).then(
      (keys) => fetched(keys, Date.now()),
      (error: unknown) => fetchFailed(state, reasonFor(error, allowLocalJwks), Date.now()),
    )
    this.#states.set(url, next)
    await this.ctx.storage.put(storageKey(url), next, { allowUnconfirmed: true })
    return next
  }
}

function storageKey(url: string): string {
  return `jwks:${url}`
}

/**
 * Where key sets may be on this machine or its networks, the reason goes to the log only: an owner who sets a URL could
 * learn from it what answers there.
 */
function reasonFor(error: unknown, allowLocalJwks: boolean): string {
  const reason = reasonOf(error)
  if (!allowLocalJwks) return reason
  logError(new Error(`a key set cannot be used: ${reason}`), { request_id: '', route: 'jwks' })
  return 'no usable keys were fetched; the log of the gateway says why'
}

/** For the developer who set the URL. Errors of the network stack are not passed on. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be fetched'
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'it did not answer in time'
  if (error instanceof SyntaxError) return 'it is not JSON'
  return /^it(s)? /.test(error.message) ? error.message : 'it cannot be fetched'
}
