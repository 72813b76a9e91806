/** Names of schemas, relations and functions, as a request states them. */
import { unprocessable } from './errors.ts'

/** A name of a relation or function: its schema, or null where it is left out. */
export interface QualifiedName {
  schema: string | null
  name: string
}

const MAX_IDENTIFIER_BYTES = 63
const QUOTED_PART = /^"((?:[^"]|"")+)"/
const BARE_PART = /^[^".]+/

/**
 * Reads `name` or `schema.name`; `"a.b"` quotes a dot, `""` a quote. Names are taken as they stand in the catalog: case
 * is kept, with quotes or without. Throws 422 naming `field`.
 */
export function parseQualifiedName(text: string, field: string): QualifiedName {
  const [first, afterFirst] = readPart(text, field)
  if (afterFirst === '') return { schema: null, name: first }
  const [second, rest] = readPart(afterFirst.slice(1), field)
  if (afterFirst[0] !== '.' || rest !== '') throw unprocessable(field, 'must be name or schema.name')
  return { schema: first, name: second }
}

function readPart(text: string, field: string): [part: string, rest: string] {
  const quoted = QUOTED_PART.exec(text)
  const raw = quoted ? quoted[0] : BARE_PART.exec(text)?.[0]
  if (raw === undefined) throw unprocessable(field, 'must be name or schema.name')
  const part = quoted?.[1] === undefined ? raw : quoted[1].replaceAll('""', '"')
  return [parseIdentifier(part, field), text.slice(raw.length)]
}

/** A name that can stand in Postgres' catalog. */
export function parseIdentifier(text: string, field: string): string {
  if (text === '') throw unprocessable(field, 'must not be empty')
  if (/\p{Cc}/u.test(text)) throw unprocessable(field, 'must not contain control characters')
  if (Buffer.byteLength(text) > MAX_IDENTIFIER_BYTES) {
    throw unprocessable(field, `must be at most ${MAX_IDENTIFIER_BYTES} bytes`)
  }
  return text
}
