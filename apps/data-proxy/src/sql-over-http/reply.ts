import type { StatementResult } from '../upstream/connection.ts'
import type { ErrorFields } from '../wire/backend.ts'
import { toJsonValue } from './values.ts'

export interface ReplyOptions {
  rawText: boolean
  arrayMode: boolean
}

/** A result in the form of Neon's SQL over HTTP. */
export function toResultBody(result: StatementResult, { rawText, arrayMode }: ReplyOptions): object {
  const convert = (row: (string | null)[]) =>
    rawText ? row : row.map((value, i) => toJsonValue(value, result.fields[i]?.dataTypeID ?? 25))
  const toObject = (row: unknown[]) => Object.fromEntries(result.fields.map(({ name }, i) => [name, row[i]]))
  const rows = result.rows.map((row) => (arrayMode ? convert(row) : toObject(convert(row))))
  return {
    command: result.command,
    fields: result.fields.map((field) => ({ ...field, format: 'text' })),
    rowAsArray: arrayMode,
    rowCount: result.rowCount,
    rows,
  }
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
