/** Results as the REST API shows them. */
import type { SqlReply, SqlResult } from '@db9/types'
import type { TypedResult } from './typed-results.ts'

/** The last statement's result, with all of them beside it where there are several. */
export function toSqlReply(results: TypedResult[]): SqlReply {
  const all = results.map(toSqlResult)
  const last = all.at(-1) ?? { columns: [], rows: [], row_count: 0, command: '' }
  return all.length > 1 ? { ...last, results: all } : last
}

function toSqlResult({ columns, rows, command, affected }: TypedResult): SqlResult {
  return {
    columns: columns.map(({ name, type }) => ({ name, data_type: type, type })),
    rows,
    row_count: columns.length > 0 ? rows.length : affected,
    command,
  }
}
