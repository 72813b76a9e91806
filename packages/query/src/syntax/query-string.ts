/** Splits and decodes a query string. */
import { errors } from '../errors.ts'

export interface Parameter {
  key: string
  /** Null where the parameter has no `=`. */
  value: string | null
}

/** The parameters of a query string or form body in their order, percent-decoded, `+` read as a space. */
export function parseQueryString(text: string): Parameter[] {
  const parameters: Parameter[] = []
  for (const part of text.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    parameters.push(
      equals < 0
        ? { key: decode(part), value: null }
        : { key: decode(part.slice(0, equals)), value: decode(part.slice(equals + 1)) },
    )
  }
  return parameters
}

function decode(text: string): string {
  return decodePercent(text.includes('+') ? text.replaceAll('+', ' ') : text)
}

/** Bytes that are no UTF-8 become U+FFFD, as browsers do; a NUL, which Postgres cannot hold, is refused. */
export function decodePercent(text: string): string {
  const decoded = text.includes('%') ? decodeBytes(text) : text
  if (decoded.includes('\0')) throw errors.nul()
  return decoded
}

function decodeBytes(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
      new TextDecoder().decode(Uint8Array.from(run.slice(1).split('%'), (hex) => Number.parseInt(hex, 16))),
    )
  }
}

/** RFC 3986: everything but unreserved characters is escaped. A lone surrogate, which has no UTF-8, becomes U+FFFD. */
export function encodePercent(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** A segment of a path, in which more characters may stand as they are. */
export function encodeSegment(text: string): string {
  return encodePercent(text).replace(/%(?:3B|2C|3A|40|26|3D|2B|24|21|2A|27|28|29)/g, decodeURIComponent)
}

/** The same parameters sorted by name: what `Content-Location` names. */
export function toCanonical(parameters: readonly Parameter[]): string {
  return parameters
    .toSorted((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0))
    .map(({ key, value }) => `${encodePercent(key)}=${encodePercent(value ?? '')}`)
    .join('&')
}
