/** Errors of Postgres in the form of Neon's SQL over HTTP. */
import type { ErrorFields } from '@db9/postgres/backend'

/** The Neon driver's names of Postgres' error fields. It keeps them on status 400 alone. */
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
