/** A JSON object that is written member by member, no longer than it may be. */
import { errors } from '../errors.ts'

export class JsonText {
  readonly #maxBytes: number
  readonly #parts: string[] = []
  #length = 0
  /** Whether the object that is open has a member already. */
  #hasMember = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Opens an object: the outermost, or a member of the one that is open. Throws DB9108 where that is too much. */
  open(name?: string): void {
    this.#add(name === undefined ? '{' : `${this.#separator()}${JSON.stringify(name)}:{`)
    this.#hasMember = false
  }

  /** Throws DB9108 where that is too much. */
  member(name: string, value: unknown): void {
    this.#add(`${this.#separator()}${JSON.stringify(name)}:${JSON.stringify(value)}`)
    this.#hasMember = true
  }

  close(): void {
    this.#add('}')
    this.#hasMember = true
  }

  /** Throws DB9108 where it is longer in bytes than in characters, and too long. */
  end(): string {
    const text = this.#parts.join('')
    if (new TextEncoder().encode(text).length > this.#maxBytes) throw errors.responseTooLarge(this.#maxBytes)
    return text
  }

  #separator(): string {
    return this.#hasMember ? ',' : ''
  }

  #add(part: string): void {
    this.#length += part.length
    if (this.#length > this.#maxBytes) throw errors.responseTooLarge(this.#maxBytes)
    this.#parts.push(part)
  }
}
