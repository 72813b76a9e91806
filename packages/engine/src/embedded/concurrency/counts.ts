/** Counts per id, of which none is kept at zero. */
export class Counts {
  readonly #counts = new Map<string, number>()

  add(id: string): void {
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1)
  }

  /** Takes back one `add`. */
  remove(id: string): void {
    const left = (this.#counts.get(id) ?? 1) - 1
    if (left > 0) this.#counts.set(id, left)
    else this.#counts.delete(id)
  }

  /** Whether there were more calls of `add` than of `remove`. */
  has(id: string): boolean {
    return this.#counts.has(id)
  }

  /** Counts `id` until `work` has ended. */
  async during<T>(id: string, work: () => Promise<T>): Promise<T> {
    this.add(id)
    try {
      return await work()
    } finally {
      this.remove(id)
    }
  }
}
