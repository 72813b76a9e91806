import type { StatementResult } from '../upstream/connection.ts'
import type { ErrorFields } from '../wire/backend.ts'
import { toJsonValue } from './values.ts'

export interface ReplyOptions {
  rawText: boolean
  arrayMode: boolean
}

/** A result in the form of Neon's SQL over HTTP, as JSON text: the columns are written once per prepared statement. */
export function toResultJson(result: StatementResult, { rawText, arrayMode }: ReplyOptions): string {
  const { fields, json } = result.description
  const convert = (row: (string | null)[]) =>
    rawText ? row : row.map((value, i) => toJsonValue(value, fields[i]?.dataTypeID ?? 0))
  const toObject = (row: unknown[]) => Object.fromEntries(fields.map(({ name }, i) => [name, row[i]]))
  const values = rawText ? result.rows : result.rows.map(convert)
  const rows = arrayMode ? values : values.map(toObject)
  return (
    `{"command":${JSON.stringify(result.command)},"fields":${json},"rowAsArray":${arrayMode},` +
    `"rowCount":${result.rowCount},"rows":${JSON.stringify(rows)}}`
  )
}

/** The driver's names of Postgres' error fields. It keeps them on status 400 alone. */
const ERROR_FIELDS: Record<string, string> = {
  message: 'M',
  code: 'C',
  severity: 'S',
  detail: 'D',
  hint: 'H',
  position: 'P',
  internalPosition: 'p',
  internalQuery: 'q',
  where: 'W',
  schema: 's',
  table: 't',
  column: 'c',
  dataType: 'd',
  constraint: 'n',
  file: 'F',
  line: 'L',
  routine: 'R',
}

export function toErrorBody(fields: ErrorFields): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(ERROR_FIELDS).map(([name, letter]) => [name, fields[letter] ?? null]),
  )
}
