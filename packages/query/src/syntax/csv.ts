/** RFC 4180, read in one pass: any text takes time in proportion to its length, whatever stands in its quotes. */
import { errors } from '../errors.ts'
import { atOnce } from '../steps.ts'
import { MAX_ITEMS } from './reader.ts'

/** Rows of text. */
export interface CsvRows {
  /** A JSON array of objects; the bare word NULL is null. */
  json: string
  keys: readonly string[]
  count: number
}

/** A step makes about so many characters of JSON. */
const STEP_LENGTH = 64 * 1024

/**
 * The rows below a header row, each with the header's names; of a name that stands there twice the last column counts. In
 * steps, between which others may be served. Throws PGRST102 where the text is no CSV or a line has another number of
 * fields, DB9102 where the JSON would be longer than `maxLength` characters: each row repeats the names, so a short text
 * may become a long one.
 */
export function* csvSteps(text: string, maxLength: number): Generator<undefined, CsvRows> {
  const lines = new CsvReader(text).lines()
  const { value: header } = lines.next()
  if (header === undefined) throw errors.body('Empty or invalid csv')
  const columnOf = new Map(header.map((name, i) => [name, i]))
  const columns = [...columnOf].map(([name, i]) => ({ start: `${JSON.stringify(name)}:`, i }))
  const rows: string[] = []
  let length = 0
  let stepEnd = STEP_LENGTH
  for (const line of lines) {
    if (line.length !== header.length) throw errors.body('All lines must have same number of fields')
    const row = `{${columns.map(({ start, i }) => start + cellJson(line[i])).join()}}`
    length += row.length + 1
    if (length > maxLength) throw errors.csvTooLarge(maxLength)
    rows.push(row)
    if (length < stepEnd) continue
    stepEnd = length + STEP_LENGTH
    yield
  }
  return { json: `[${rows.join()}]`, keys: rows.length === 0 ? [] : [...columnOf.keys()], count: rows.length }
}

/** The same at once. */
export function parseCsv(text: string, maxLength: number): CsvRows {
  return atOnce(csvSteps(text, maxLength))
}

function cellJson(cell: string | undefined): string {
  return cell === undefined || cell === 'NULL' ? 'null' : JSON.stringify(cell)
}

const COMMA = 0x2c
const QUOTE = 0x22
const CR = 0x0d
const LF = 0x0a

class CsvReader {
  readonly #text: string
  #position = 0

  constructor(text: string) {
    this.#text = text
  }

  /** The fields of each line that is not empty. */
  *lines(): Generator<string[], undefined> {
    while (this.#position < this.#text.length) {
      const line = this.#line()
      if (line.length > 1 || line[0] !== '') yield line
    }
  }

  #line(): string[] {
    const fields = [this.#field()]
    while (this.#take(COMMA)) {
      if (fields.length >= MAX_ITEMS) throw errors.tooManyItems(MAX_ITEMS)
      fields.push(this.#field())
    }
    const isReturned = this.#take(CR)
    const isEnded = this.#take(LF) || isReturned || this.#position >= this.#text.length
    if (!isEnded) throw errors.body('Empty or invalid csv')
    return fields
  }

  #take(code: number): boolean {
    if (this.#text.charCodeAt(this.#position) !== code) return false
    this.#position += 1
    return true
  }

  #field(): string {
    return this.#take(QUOTE) ? this.#quoted() : this.#bare()
  }

  #bare(): string {
    const start = this.#position
    let end = start
    for (; end < this.#text.length; end++) {
      const code = this.#text.charCodeAt(end)
      if (code === COMMA || code === LF || code === CR || code === QUOTE) break
    }
    this.#position = end
    return this.#text.slice(start, end)
  }

  /** After the opening quote; a quote inside is written twice. */
  #quoted(): string {
    const start = this.#position
    let end = this.#text.indexOf('"', start)
    let isEscaped = false
    while (end >= 0 && this.#text.charCodeAt(end + 1) === QUOTE) {
      isEscaped = true
      end = this.#text.indexOf('"', end + 2)
    }
    if (end < 0) throw errors.body('Empty or invalid csv')
    this.#position = end + 1
    const field = this.#text.slice(start, end)
    return isEscaped ? field.split('""').join('"') : field
  }
}
