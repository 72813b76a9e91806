/** Bounds what JSON may hold, before it is parsed. */
import { MAX_BODY_DEPTH, MAX_BODY_VALUES } from '@db9/types'

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c]
const [ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d]

export type Excess = 'values' | 'depth'

/**
 * Counts the values and the depth of UTF-8 JSON as it arrives. Parsing many values blocks the thread and takes many times
 * their bytes; a string costs only its length. Text that is no JSON may be counted wrong: the parser refuses it anyway.
 */
export class JsonBounds {
  /** Arrays, objects, and what follows a comma. */
  values = 0
  #depth = 0
  #isInString = false
  #isEscaped = false

  /** Counts the next bytes, which may end anywhere. Returns the bound that is exceeded, if any. */
  push(bytes: Uint8Array): Excess | null {
    for (const byte of bytes) {
      if (this.#isInString) this.#pushInString(byte)
      else if (byte === QUOTE) this.#isInString = true
      else if (byte === COMMA) this.values += 1
      else if (byte === ARRAY || byte === OBJECT) {
        this.values += 1
        this.#depth += 1
        if (this.#depth > MAX_BODY_DEPTH) return 'depth'
      } else if (byte === ARRAY_END || byte === OBJECT_END) this.#depth -= 1
      if (this.values > MAX_BODY_VALUES) return 'values'
    }
    return null
  }

  #pushInString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false
    else if (byte === BACKSLASH) this.#isEscaped = true
    else if (byte === QUOTE) this.#isInString = false
  }
}
