/** The text form of arrays (https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO). */

/** An array of values, nested for each further dimension. */
export type Nested<T> = (T | Nested<T>)[]

/** Postgres' own limit (MAXDIM). */
export const MAX_DIMENSIONS = 6

export class TooManyDimensions extends Error {
  constructor() {
    super(`an array has at most ${MAX_DIMENSIONS} dimensions`)
    this.name = 'TooManyDimensions'
  }
}

/**
 * An array as Postgres reads it. `toText` gives the text of one item, null for NULL. Throws `TooManyDimensions` where arrays
 * are nested more than `MAX_DIMENSIONS` deep.
 */
export function writeArray(values: readonly unknown[], toText: (item: unknown) => string | null): string {
  return writeDimension(values, toText, 1)
}

function writeDimension(
  values: readonly unknown[],
  toText: (item: unknown) => string | null,
  dimension: number,
): string {
  if (dimension > MAX_DIMENSIONS) throw new TooManyDimensions()
  const items = values.map((value) => {
    if (Array.isArray(value)) return writeDimension(value, toText, dimension + 1)
    const text = toText(value)
    return text === null ? 'NULL' : `"${escaped(text)}"`
  })
  return `{${items.join(',')}}`
}

const ESCAPED = /["\\]/

/** With a backslash before each quote and backslash. By bytes, since a text may hold millions of them. */
function escaped(text: string): string {
  if (!ESCAPED.test(text)) return text
  const bytes = Buffer.from(text)
  const out = Buffer.allocUnsafe(2 * bytes.length)
  let length = 0
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) out[length++] = 0x5c
    out[length++] = byte
  }
  return out.toString('utf8', 0, length)
}

/**
 * Reads `{1,NULL,"a\"b"}`, nested for each dimension, with `[0:2]=` before it where its bounds are not the usual ones.
 * `decode` reads the text of one item. Throws where the text ends within the array.
 */
export function parseArray<T>(text: string, decode: (text: string) => T, delimiter = ','): Nested<T | null> {
  let at = text.startsWith('[') ? text.indexOf('=') + 1 : 0

  const readQuoted = (): string => {
    let item = ''
    for (at += 1; text[at] !== '"'; at += 1) {
      if (text[at] === '\\') at += 1
      if (at >= text.length) throw new Error('unterminated array')
      item += text[at]
    }
    at += 1
    return item
  }

  const readItem = (): T | null | Nested<T | null> => {
    if (text[at] === '{') return readArray()
    if (text[at] === '"') return decode(readQuoted())
    const start = at
    while (at < text.length && text[at] !== delimiter && text[at] !== '}') at += 1
    const item = text.slice(start, at)
    return item === 'NULL' ? null : decode(item)
  }

  const readArray = (): Nested<T | null> => {
    const items: Nested<T | null> = []
    at += 1
    while (text[at] !== '}') {
      if (at >= text.length) throw new Error('unterminated array')
      items.push(readItem())
      if (text[at] === delimiter) at += 1
    }
    at += 1
    return items
  }

  return readArray()
}
