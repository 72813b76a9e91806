/** The bundles that are in use: fetched once from the control API, checked, and kept while there is room. */
import { createHash } from 'node:crypto'
import { HostError } from '../errors.ts'
import { type Bundle, parseBundle } from './bundle.ts'

/** The bytes of a bundle; null where there is none. */
export type FetchBundle = (databaseId: string, digest: string) => Promise<Buffer | null>

interface Kept {
  bundle: Promise<Bundle>
  /** Unpacked, as it is held. */
  bytes: number
}

const MOST_BYTES = 128 * 2 ** 20
/** That are unpacked at once: each takes several times its size while it is. */
const MOST_UNPACKING = 4

export class BundleStore {
  readonly #fetch: FetchBundle
  /** The longest unused first. */
  readonly #kept = new Map<string, Kept>()
  readonly #mostBytes: number
  #unpacking = 0
  readonly #waiting: (() => void)[] = []

  constructor(fetch: FetchBundle, mostBytes = MOST_BYTES) {
    this.#fetch = fetch
    this.#mostBytes = mostBytes
  }

  /** Rejects with a `BundleError` for what cannot be loaded, with a `HostError` where it is not there. */
  get(databaseId: string, digest: string, entrypoint: string): Promise<Bundle> {
    const name = `${databaseId} ${digest} ${entrypoint}`
    const kept = this.#kept.get(name) ?? this.#load(name, { databaseId, digest, entrypoint })
    this.#kept.delete(name)
    this.#kept.set(name, kept)
    return kept.bundle
  }

  #load(
    name: string,
    { databaseId, digest, entrypoint }: { databaseId: string; digest: string; entrypoint: string },
  ): Kept {
    const kept: Kept = {
      bytes: 0,
      bundle: this.#inTurn(async () => {
        const bundle = await parseBundle(await this.#read(databaseId, digest), entrypoint)
        kept.bytes = sizeOf(bundle)
        this.#makeRoom()
        return bundle
      }),
    }
    kept.bundle.catch(() => this.#kept.delete(name))
    return kept
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#unpacking >= MOST_UNPACKING)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    else this.#unpacking++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#unpacking--
    }
  }

  async #read(databaseId: string, digest: string): Promise<Buffer> {
    const bytes = await this.#fetch(databaseId, digest)
    if (!bytes) throw new HostError('not_found', 'the bundle is not there')
    const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    if (found !== digest) throw new HostError('unavailable', 'the bundle is not the one that was deployed')
    return bytes
  }

  #makeRoom(): void {
    let bytes = [...this.#kept.values()].reduce((sum, each) => sum + each.bytes, 0)
    for (const [name, each] of this.#kept) {
      if (bytes <= this.#mostBytes || this.#kept.size <= 1) return
      bytes -= each.bytes
      this.#kept.delete(name)
    }
  }
}

/** A module that has two names is held once. */
function sizeOf({ modules }: Bundle): number {
  return [...new Set(Object.values(modules))].reduce((sum, { content }) => sum + content.length, 0)
}
