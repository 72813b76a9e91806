import { errors } from '../errors.ts'

const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/y

/** RFC 4180 with a header row, as objects of text; the bare word NULL is null. */
export function parseCsv(text: string): Record<string, string | null>[] {
  const [header, ...lines] = readLines(text)
  if (header === undefined) throw errors.body('Empty or invalid csv')
  return lines.map((line) => {
    if (line.length !== header.length) throw errors.body('All lines must have same number of fields')
    return Object.fromEntries(header.map((name, i) => [name, line[i] === 'NULL' ? null : (line[i] ?? null)]))
  })
}

function readLines(text: string): string[][] {
  const lines: string[][] = []
  let line: string[] = []
  FIELD.lastIndex = 0
  while (FIELD.lastIndex < text.length) {
    const [, quoted, bare, separator] = FIELD.exec(text) ?? []
    if (separator === undefined) throw errors.body('Empty or invalid csv')
    line.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'))
    if (separator === ',') {
      if (FIELD.lastIndex === text.length) line.push('')
      else continue
    }
    if (line.length > 1 || line[0] !== '') lines.push(line)
    line = []
  }
  return lines
}
