/** OIDs of the types whose text is written as something else than a JSON string (pg_type.dat). */
const BOOL = 16
const NUMBERS = new Set([21, 23, 26, 700, 701])
const JSON_TYPES = new Set([114, 3802])
const ARRAYS: Record<number, number> = {
  1000: 16,
  1005: 21,
  1007: 23,
  1016: 20,
  1021: 700,
  1022: 701,
  1009: 25,
  1015: 1043,
  1231: 1700,
  2951: 2950,
  199: 114,
  3807: 3802,
  1115: 1114,
  1185: 1184,
  1182: 1082,
}

/**
 * A value without `Neon-Raw-Text-Output`: numbers that JavaScript holds exactly, booleans and JSON as themselves,
 * arrays as arrays; bigint and numeric stay strings, since a number would lose digits.
 */
export function toJsonValue(text: string | null, oid: number): unknown {
  if (text === null) return null
  if (oid === BOOL) return text === 't'
  if (NUMBERS.has(oid)) return Number.isFinite(Number(text)) ? Number(text) : text
  if (JSON_TYPES.has(oid)) return JSON.parse(text)
  const element = ARRAYS[oid]
  return element === undefined ? text : parseArray(text, element)
}

/** Postgres' array literal (arrays, "Array Input and Output Syntax"), without bounds. */
function parseArray(text: string, element: number): unknown {
  let at = text.startsWith('[') ? text.indexOf('{') : 0
  const list = (): unknown[] => {
    const items: unknown[] = []
    at++
    while (text[at] !== '}') {
      items.push(text[at] === '{' ? list() : item())
      if (text[at] === ',') at++
    }
    at++
    return items
  }
  const item = (): unknown => {
    if (text[at] !== '"') {
      const start = at
      while (text[at] !== ',' && text[at] !== '}') at++
      const word = text.slice(start, at)
      return word === 'NULL' ? null : toJsonValue(word, element)
    }
    let value = ''
    for (at++; text[at] !== '"'; at++) {
      if (text[at] === '\\') at++
      value += text[at]
    }
    at++
    return toJsonValue(value, element)
  }
  return list()
}
