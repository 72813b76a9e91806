import type { Json } from './params.ts'

/** What Postgres says of a column's type beside its oid. */
export interface ColumnType {
  /** As format_type writes it. */
  name: string
  /** The element's oid, where it is an array in the form `{…}`. */
  element: number | null
  delimiter: string
}

const number = (text: string): Json => {
  const value = Number(text)
  return Number.isFinite(value) ? value : text
}

/** Beside these everything stays text: int8 and numeric do not fit a JavaScript number, bytea is `\x` hex. */
const DECODE: Record<number, (text: string) => Json> = {
  16: (text) => text === 't',
  21: number,
  23: number,
  26: number,
  700: number,
  701: number,
  114: parseJson,
  3802: parseJson,
}

function parseJson(text: string): Json {
  return JSON.parse(text) as Json
}

/** A value of the text format as JSON. */
export function toJson(text: string | null, oid: number, type: ColumnType): Json {
  if (text === null) return null
  if (type.element !== null) return parseArray(text, DECODE[type.element] ?? String, type.delimiter)
  return DECODE[oid]?.(text) ?? text
}

/**
 * Reads an array's text form: `{1,NULL,"a\"b"}`, nested for each dimension, with `[0:2]=` before it where its bounds are
 * not the usual ones (https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO).
 */
export function parseArray(text: string, decode: (text: string) => Json, delimiter = ','): Json[] {
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

  const readItem = (): Json => {
    if (text[at] === '{') return readArray()
    if (text[at] === '"') return decode(readQuoted())
    const start = at
    while (at < text.length && text[at] !== delimiter && text[at] !== '}') at += 1
    const item = text.slice(start, at)
    return item === 'NULL' ? null : decode(item)
  }

  const readArray = (): Json[] => {
    const items: Json[] = []
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
