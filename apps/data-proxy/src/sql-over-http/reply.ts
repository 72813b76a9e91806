/** Results in the form of Neon's SQL over HTTP. */
import { readRow } from '@db9/postgres/backend'
import type { StatementResult } from '../sessions/pipeline.ts'
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
  const values = result.rows.map((row) => convert(readRow(row)))
  const rows = arrayMode ? values : values.map(toObject)
  return (
    `{"command":${JSON.stringify(result.command)},"fields":${json},"rowAsArray":${arrayMode},` +
    `"rowCount":${result.rowCount},"rows":${JSON.stringify(rows)}}`
  )
}
