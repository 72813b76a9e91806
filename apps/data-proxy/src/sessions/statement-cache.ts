/** Statements that are kept prepared in one session. */
import type { RowDescription } from '@db9/postgres/backend'

/** A statement that a session has prepared. */
export interface Prepared {
  text: string
  /** Its name at the server; `''` for one that is used once. */
  name: string
  description: RowDescription
}

const MAX_COUNT = 256
/** What one session's statements may take here, in characters and bytes together. */
const MAX_WEIGHT = 2 * 1024 * 1024
/** Longer texts carry their values in them and do not come again. */
export const MAX_TEXT = 16 * 1024
const FIELD_WEIGHT = 200

/** The prepared statements of one session by their text, those used last kept longest; bounded in number and weight. */
export class StatementCache {
  readonly #byText = new Map<string, Prepared>()
  #weight = 0
  readonly #prefix: string
  #nextName = 1

  /**
   * @param prefix of the names: one that cannot be guessed, so that no function prepares others by names that are yet
   * to be used.
   */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** The statement of this text, which so becomes the one used last. */
  find(text: string): Prepared | undefined {
    const prepared = this.#byText.get(text)
    if (!prepared) return undefined
    this.#byText.delete(text)
    this.#byText.set(text, prepared)
    return prepared
  }

  /** The name to prepare a text under: one that no statement of this session had before. */
  nameFor(text: string): string {
    return text.length > MAX_TEXT ? '' : `db9_${this.#prefix}_${this.#nextName++}`
  }

  /** Keeps what the server has prepared. Returns the names that it must give up for it. */
  add(prepared: Prepared): string[] {
    if (prepared.name === '') return []
    // Prepared twice, where the second was sent before the first was answered.
    if (this.#byText.has(prepared.text)) return [prepared.name]
    this.#byText.set(prepared.text, prepared)
    this.#weight += weightOf(prepared)
    const surplus: string[] = []
    for (const oldest of this.#byText.values()) {
      if (this.#byText.size <= MAX_COUNT && this.#weight <= MAX_WEIGHT) break
      this.#byText.delete(oldest.text)
      this.#weight -= weightOf(oldest)
      surplus.push(oldest.name)
    }
    return surplus
  }

  /** Forgets all; returns their names. */
  clear(): string[] {
    const names = Array.from(this.#byText.values(), ({ name }) => name)
    this.#byText.clear()
    this.#weight = 0
    return names
  }
}

function weightOf({ text, description }: Prepared): number {
  return text.length + description.fields.length * FIELD_WEIGHT
}
