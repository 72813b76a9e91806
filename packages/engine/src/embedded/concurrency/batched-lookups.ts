/** Lookups of one database that arrive together are made together. */
import { KeyedMutex } from './keyed-mutex.ts'

interface Batch<Answer> {
  names: Set<string>
  answer: Promise<Answer>
}

/**
 * Makes one lookup of each id at a time. Names that are asked for while one is under way share the next one: so each
 * waits for two at most, and no answer is older than the question.
 */
export class BatchedLookups<Answer> {
  readonly #look: (id: string, names: string[]) => Promise<Answer>
  readonly #mutex = new KeyedMutex()
  /** Those that are not begun yet. */
  readonly #next = new Map<string, Batch<Answer>>()

  constructor(look: (id: string, names: string[]) => Promise<Answer>) {
    this.#look = look
  }

  /** What a lookup of this name, and of others, gives. Rejects as the lookup does. */
  ask(id: string, name: string): Promise<Answer> {
    const next = this.#next.get(id)
    if (next) {
      next.names.add(name)
      return next.answer
    }
    const names = new Set([name])
    const answer = this.#mutex.run(id, () => {
      this.#next.delete(id)
      return this.#look(id, [...names])
    })
    this.#next.set(id, { names, answer })
    return answer
  }
}
