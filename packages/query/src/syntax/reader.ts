/** Reads a text character by character, and lists of items. */
import { errors } from '../errors.ts'

/** Thrown inside `parseAll` alone, which turns it into a `QueryError` with its position. */
class SyntaxFault extends Error {
  readonly position: number
  readonly expecting: string
  readonly quote: '"' | "'"

  constructor(position: number, expecting: string, quote: '"' | "'") {
    super(expecting)
    this.position = position
    this.expecting = expecting
    this.quote = quote
  }
}

/** Text and a position in it. `take…` moves forward and returns what was read, or stays and returns null or false. */
export class Reader {
  readonly text: string
  position = 0

  constructor(text: string) {
    this.text = text
  }

  get atEnd(): boolean {
    return this.position >= this.text.length
  }

  startsWith(token: string): boolean {
    return this.text.startsWith(token, this.position)
  }

  take(token: string): boolean {
    if (!this.startsWith(token)) return false
    this.position += token.length
    return true
  }

  /** `pattern` must be sticky. */
  takeMatch(pattern: RegExp): string | null {
    pattern.lastIndex = this.position
    const found = pattern.exec(this.text)?.[0] ?? null
    if (found !== null) this.position += found.length
    return found
  }

  skipSpace(): void {
    this.takeMatch(/[ \t]*/y)
  }

  expect(token: string, name = `"${token}"`): void {
    if (!this.take(token)) this.fail(name)
  }

  /** Runs `read` and goes back to where it began if that fails or finds nothing. */
  attempt<T>(read: () => T | null): T | null {
    const start = this.position
    try {
      const found = read()
      if (found === null) this.position = start
      return found
    } catch (error) {
      if (!(error instanceof SyntaxFault)) throw error
      this.position = start
      return null
    }
  }

  /** PostgREST's parser puts a character in single quotes where nothing was to follow. */
  fail(expecting: string, quote: '"' | "'" = '"'): never {
    throw new SyntaxFault(this.position, expecting, quote)
  }
}

/** Postgres itself takes no more columns in one list. */
export const MAX_ITEMS = 1664

/** Items with commas between them and spaces around them, at least one. */
export function readItems<T>(reader: Reader, readItem: (reader: Reader) => T): T[] {
  const items: T[] = []
  do {
    reader.skipSpace()
    items.push(readItem(reader))
    if (items.length > MAX_ITEMS) throw errors.tooManyItems(MAX_ITEMS)
    reader.skipSpace()
  } while (reader.take(','))
  return items
}

/**
 * Reads the whole of `text`, or throws PGRST100 with the column (from 1) where it stopped making sense; `before` is how
 * many characters PostgREST reads before the text.
 */
export function parseAll<T>(what: string, text: string, read: (reader: Reader) => T, before = 0): T {
  const reader = new Reader(text)
  try {
    const value = read(reader)
    if (!reader.atEnd) reader.fail('end of input')
    return value
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error
    const character = text.at(error.position)
    const { quote } = error
    const unexpected = character === undefined ? 'end of input' : `${quote}${character}${quote}`
    throw errors.syntax(
      `"failed to parse ${what} (${shorten(text)})" (line 1, column ${before + error.position + 1})`,
      `unexpected ${unexpected} expecting ${error.expecting}`,
    )
  }
}

/** A reply is no place for megabytes of the request. */
function shorten(text: string): string {
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text
}

const MAX_QUOTED = 1000
