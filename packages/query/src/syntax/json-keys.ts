/**
 * What the SQL for a large JSON body needs of it, found without making its values: a body of empty arrays is a small text
 * and a large tree. Reads RFC 8259 as `JSON.parse` does, in one pass and in time in proportion to the text.
 */

/** `keys`: of the object, or those that all objects of the list share; null where they differ or are no objects. */
export type JsonShape =
  | { kind: 'object'; keys: string[] }
  | { kind: 'list'; count: number; keys: string[] | null }
  | { kind: 'scalar' }

/** Null where the text is no JSON. */
export function shapeOf(text: string): JsonShape | null {
  const reader = new ShapeReader(text)
  try {
    return reader.document()
  } catch (error) {
    if (error === NOT_JSON) return null
    throw error
  }
}

/** More than any table has columns: of so many names one is unknown, and further ones change nothing. */
const MAX_NAMES = 2_000

const NOT_JSON = Symbol('not JSON')
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39
const LETTER_T = 0x74
const LETTER_F = 0x66
const LETTER_N = 0x6e
const DOT = 0x2e
const PLUS = 0x2b
const LETTER_E = 0x65
const LETTER_U = 0x75
const SPACE = 0x20
/** What may follow a backslash, but for `u` and its four digits. */
const ESCAPED: ReadonlySet<number> = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)))

class ShapeReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): JsonShape {
    this.#space()
    const shape = this.#shape()
    this.#space()
    if (this.#at < this.#text.length) throw NOT_JSON
    return shape
  }

  #shape(): JsonShape {
    switch (this.#code()) {
      case OPEN_OBJECT:
        return { kind: 'object', keys: [...this.#object()] }
      case OPEN_LIST:
        return this.#list()
      default:
        this.#skip()
        return { kind: 'scalar' }
    }
  }

  #list(): JsonShape {
    let count = 0
    let keys: string[] | null = []
    let shared: Set<string> | null = null
    this.#at++
    this.#space()
    if (this.#take(CLOSE_LIST)) return { kind: 'list', count, keys }
    do {
      this.#space()
      count++
      if (keys === null || this.#code() !== OPEN_OBJECT) {
        this.#skip()
        keys = null
      } else if (shared === null) {
        shared = this.#object()
        keys = [...shared]
      } else if (!this.#objectLike(keys, shared)) keys = null
      this.#space()
    } while (this.#take(COMMA))
    this.#expect(CLOSE_LIST)
    return { kind: 'list', count, keys }
  }

  /** The names of an object, in the order in which they first stand there. */
  #object(): Set<string> {
    const names = new Set<string>()
    this.#members((name) => {
      if (names.size <= MAX_NAMES) names.add(name)
    })
    return ordered(names)
  }

  /** Whether an object has just these names. Those of the next row nearly always stand in the same order. */
  #objectLike(keys: readonly string[], shared: ReadonlySet<string>): boolean {
    let place = 0
    let isSame = true
    let seen: Set<string> | null = null
    this.#members((name) => {
      if (seen === null && name === keys[place]) {
        place++
        return
      }
      seen ??= new Set(keys.slice(0, place))
      seen.add(name)
      if (!shared.has(name)) isSame = false
    })
    return isSame && ((seen as Set<string> | null)?.size ?? place) === keys.length
  }

  #members(visit: (name: string) => void): void {
    this.#at++
    this.#space()
    if (this.#take(CLOSE_OBJECT)) return
    do {
      this.#space()
      visit(this.#name())
      this.#space()
      this.#expect(COLON)
      this.#space()
      this.#skip()
      this.#space()
    } while (this.#take(COMMA))
    this.#expect(CLOSE_OBJECT)
  }

  #name(): string {
    const start = this.#at
    const isEscaped = this.#string()
    return isEscaped
      ? String(JSON.parse(this.#text.slice(start, this.#at)))
      : this.#text.slice(start + 1, this.#at - 1)
  }

  /** One value, of any depth, without a call for each level: a text may hold more of them than a stack. */
  #skip(): void {
    const open = new Levels()
    for (;;) {
      const code = this.#code()
      if (code === OPEN_OBJECT || code === OPEN_LIST) {
        this.#at++
        this.#space()
        const isObject = code === OPEN_OBJECT
        if (!this.#take(isObject ? CLOSE_OBJECT : CLOSE_LIST)) {
          open.push(isObject)
          if (isObject) this.#toValue()
          continue
        }
      } else this.#scalar(code)
      // What has just ended may be the last of those around it.
      for (;;) {
        if (open.isEmpty) return
        this.#space()
        if (this.#take(COMMA)) {
          this.#space()
          if (open.isObject) this.#toValue()
          break
        }
        this.#expect(open.isObject ? CLOSE_OBJECT : CLOSE_LIST)
        open.pop()
      }
    }
  }

  /** Over a name and its colon. */
  #toValue(): void {
    this.#string()
    this.#space()
    this.#expect(COLON)
    this.#space()
  }

  #scalar(code: number): void {
    if (code === QUOTE) this.#string()
    else if (code === MINUS || isDigit(code)) this.#number()
    else if (code === LETTER_T) this.#word('true')
    else if (code === LETTER_F) this.#word('false')
    else if (code === LETTER_N) this.#word('null')
    else throw NOT_JSON
  }

  /** Whether it has an escape. */
  #string(): boolean {
    this.#expect(QUOTE)
    const text = this.#text
    let at = this.#at
    let isEscaped = false
    for (;;) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) break
      // Not less than a space: NaN at the end is not either.
      if (!(code >= SPACE)) throw NOT_JSON
      if (code !== BACKSLASH) at++
      else {
        isEscaped = true
        at += escapeLength(text, at + 1)
      }
    }
    this.#at = at + 1
    return isEscaped
  }

  /** ECMA-404, section 8. */
  #number(): void {
    if (this.#code() === MINUS) this.#at++
    if (!this.#take(ZERO)) this.#digits()
    if (this.#take(DOT)) this.#digits()
    if ((this.#code() | SPACE) !== LETTER_E) return
    this.#at++
    if (this.#code() === PLUS || this.#code() === MINUS) this.#at++
    this.#digits()
  }

  #digits(): void {
    const start = this.#at
    let at = start
    while (isDigit(this.#text.charCodeAt(at))) at++
    if (at === start) throw NOT_JSON
    this.#at = at
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) throw NOT_JSON
    this.#at += word.length
  }

  #space(): void {
    for (;;) {
      const code = this.#code()
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at++
    }
  }

  /** NaN at the end. */
  #code(): number {
    return this.#text.charCodeAt(this.#at)
  }

  #take(code: number): boolean {
    if (this.#code() !== code) return false
    this.#at++
    return true
  }

  #expect(code: number): void {
    if (!this.#take(code)) throw NOT_JSON
  }
}

/** As an object has them: names that are numbers come first. */
function ordered(names: Set<string>): Set<string> {
  if (![...names].some((name) => /^\d/.test(name))) return names
  return new Set(Object.keys(Object.fromEntries([...names].map((name) => [name, null]))))
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE
}

/** Of the escape whose backslash stands before `at`, the backslash included. */
function escapeLength(text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (ESCAPED.has(code)) return 2
  if (code !== LETTER_U || !/^[\da-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) throw NOT_JSON
  return 6
}

/** The objects and lists that a value lies in, a byte each. */
class Levels {
  #isObject = new Uint8Array(64)
  #depth = 0

  get isEmpty(): boolean {
    return this.#depth === 0
  }

  /** Whether the innermost is an object. */
  get isObject(): boolean {
    return this.#isObject[this.#depth - 1] === 1
  }

  push(isObject: boolean): void {
    if (this.#depth === this.#isObject.length) {
      const longer = new Uint8Array(2 * this.#depth)
      longer.set(this.#isObject)
      this.#isObject = longer
    }
    this.#isObject[this.#depth] = isObject ? 1 : 0
    this.#depth++
  }

  pop(): void {
    this.#depth--
  }
}
