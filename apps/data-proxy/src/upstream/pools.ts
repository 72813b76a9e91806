import type { Directory } from '../directory.ts'
import { Pool } from './pool.ts'

const SWEEP_MS = 15_000

/** One pool for each role of each database that is in use. */
export class Pools {
  readonly #directory: Directory
  readonly #pools = new Map<string, Pool>()
  readonly #timer = setInterval(() => this.#sweep(), SWEEP_MS).unref()

  constructor(directory: Directory) {
    this.#directory = directory
  }

  of(databaseId: string, role: string): Pool {
    const key = `${databaseId}.${role}`
    let pool = this.#pools.get(key)
    if (!pool) {
      pool = new Pool(databaseId, role, this.#directory)
      this.#pools.set(key, pool)
    }
    return pool
  }

  /** Closes the sessions of a database that is gone. */
  drop(databaseId: string): void {
    for (const [key, pool] of this.#pools) {
      if (!key.startsWith(`${databaseId}.`)) continue
      pool.close()
      this.#pools.delete(key)
    }
  }

  close(): void {
    clearInterval(this.#timer)
    for (const pool of this.#pools.values()) pool.close()
    this.#pools.clear()
  }

  #sweep(): void {
    for (const [key, pool] of this.#pools) if (pool.sweep(Date.now())) this.#pools.delete(key)
  }
}
