/** The pools of all databases. */
import type { Directory } from '../directory/directory.ts'
import { Pool } from './pool.ts'

const SWEEP_MS = 15_000

/** One pool for each database that is in use. */
export class Pools {
  readonly #directory: Directory
  readonly #pools = new Map<string, Pool>()
  readonly #timer = setInterval(() => this.#sweep(), SWEEP_MS).unref()

  constructor(directory: Directory) {
    this.#directory = directory
  }

  of(databaseId: string): Pool {
    let pool = this.#pools.get(databaseId)
    if (!pool) {
      pool = new Pool(databaseId, this.#directory)
      this.#pools.set(databaseId, pool)
    }
    return pool
  }

  /** Ends the sessions of a database as soon as they are idle; false where one is in use or waited for. */
  releaseIdle(databaseId: string): boolean {
    return this.#pools.get(databaseId)?.releaseIdle() ?? true
  }

  /** Closes the sessions of a database that is gone. */
  drop(databaseId: string): void {
    this.#pools.get(databaseId)?.close()
    this.#pools.delete(databaseId)
  }

  close(): void {
    clearInterval(this.#timer)
    for (const pool of this.#pools.values()) pool.close()
    this.#pools.clear()
  }

  #sweep(): void {
    this.#directory.sweep()
    for (const [databaseId, pool] of this.#pools) if (pool.sweep()) this.#pools.delete(databaseId)
  }
}
