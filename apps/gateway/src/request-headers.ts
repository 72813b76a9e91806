/** A request's headers, read once: each look into the runtime's own Headers costs as much as a small function. */
export class RequestHeaders {
  readonly #values = new Map<string, string>()

  constructor(headers: { forEach(visit: (value: string, name: string) => void): void }) {
    headers.forEach((value, name) => {
      this.#values.set(name, value)
    })
  }

  /** `name` is in lower case. */
  get(name: string): string | null {
    return this.#values.get(name) ?? null
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** Lower-case names; several of one name are joined by a comma. */
  [Symbol.iterator](): Iterator<[string, string]> {
    return this.#values[Symbol.iterator]()
  }
}
