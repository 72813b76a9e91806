/**
 * The headers of a request. A lookup in the runtime's Headers is expensive, so no name is looked up twice; reading all
 * headers costs as much as ten lookups. A refused request needs a few names, and one that goes on needs all headers.
 * Measured in workerd (`measure-fast.ts`): 7.4 µs instead of 8.9 µs for all lookups of a read.
 */
export class RequestHeaders {
  readonly #source: Source
  readonly #values = new Map<string, string | null>()
  #all: ReadonlyMap<string, string> | null = null

  constructor(source: Source) {
    this.#source = source
  }

  /** `name` is in lower case. */
  get(name: string): string | null {
    if (this.#all) return this.#all.get(name) ?? null
    const known = this.#values.get(name)
    if (known !== undefined) return known
    const value = this.#source.get(name)
    this.#values.set(name, value)
    return value
  }

  has(name: string): boolean {
    return this.get(name) !== null
  }

  /** Lower-case names. The values of headers with the same name are joined by a comma. */
  [Symbol.iterator](): Iterator<[string, string]> {
    this.#all ??= readAll(this.#source)
    return this.#all[Symbol.iterator]()
  }
}

interface Source {
  get(name: string): string | null
  forEach(visit: (value: string, name: string) => void): void
}

function readAll(source: Source): Map<string, string> {
  const all = new Map<string, string>()
  source.forEach((value, name) => {
    all.set(name, value)
  })
  return all
}
