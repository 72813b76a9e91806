/** Messages of the backend, read, and its ErrorResponse, written. */
import { cstring, message } from './messages.ts'

/** A column of a result, as RowDescription gives it. */
export interface Field {
  name: string
  tableID: number
  columnID: number
  dataTypeID: number
  dataTypeSize: number
  dataTypeModifier: number
}

/** The columns of a statement's result; shared by all of its results, so that they are written as JSON once. */
export interface RowDescription {
  fields: Field[]
  /** `fields` in the form of Neon's SQL over HTTP. */
  json: string
}

export const NO_ROWS: RowDescription = { fields: [], json: '[]' }

/** ErrorResponse fields by their one-letter codes (protocol-error-fields). */
export type ErrorFields = Record<string, string>

export function readRowDescription(body: Buffer): RowDescription {
  const fields = readFields(body)
  return { fields, json: JSON.stringify(fields.map((field) => ({ ...field, format: 'text' }))) }
}

function readFields(body: Buffer): Field[] {
  const fields: Field[] = []
  let at = 2
  for (let count = body.readInt16BE(0); count > 0; count--) {
    const end = body.indexOf(0, at)
    const name = body.toString('utf8', at, end)
    at = end + 1
    fields.push({
      name,
      tableID: body.readUInt32BE(at),
      columnID: body.readInt16BE(at + 4),
      dataTypeID: body.readUInt32BE(at + 6),
      dataTypeSize: body.readInt16BE(at + 10),
      dataTypeModifier: body.readInt32BE(at + 12),
    })
    at += 18
  }
  return fields
}

export function readRow(body: Buffer): (string | null)[] {
  const count = body.readInt16BE(0)
  const row = new Array<string | null>(count)
  let at = 2
  for (let i = 0; i < count; i++) {
    const length = body.readInt32BE(at)
    at += 4
    if (length < 0) row[i] = null
    else {
      row[i] = body.toString('utf8', at, at + length)
      at += length
    }
  }
  return row
}

export function readError(body: Buffer): ErrorFields {
  const fields: ErrorFields = {}
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const end = body.indexOf(0, at)
    fields[String.fromCharCode(body[at] ?? 0)] = body.toString('utf8', at + 1, end)
    at = end + 1
  }
  return fields
}

export function readCString(body: Buffer, at = 0): string {
  return body.toString('utf8', at, body.indexOf(0, at))
}

/** An ErrorResponse of our own. */
export function errorResponse(severity: 'ERROR' | 'FATAL', code: string, text: string): Buffer {
  return message('E', ...[`S${severity}`, `V${severity}`, `C${code}`, `M${text}`].map(cstring), '\0')
}

export interface CommandTag {
  command: string
  /** Null for commands that count nothing. */
  rowCount: number | null
}

/** `INSERT 0 3`, `SELECT 1`, `CREATE TABLE`: the count is the last number. */
export function readCommandTag(tag: string): CommandTag {
  const words = tag.split(' ')
  const count = words.length > 1 ? Number(words.at(-1)) : Number.NaN
  return { command: words[0] ?? tag, rowCount: Number.isNaN(count) ? null : count }
}
