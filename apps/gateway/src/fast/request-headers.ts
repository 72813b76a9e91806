/**
 * A request's headers: a look into the runtime's own Headers costs as much as a small function, so the same is not made
 * twice; all of them at once cost as much as ten looks. What is refused needs few; whoever goes on reads them all.
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

  /** Lower-case names; several of one name are joined by a comma. */
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
