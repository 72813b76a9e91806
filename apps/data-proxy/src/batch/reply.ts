import { ROW_HEADER } from '@db9/types/internal'
import type { Reply } from '../http/exchange.ts'

/** What a header may take; a longer row is the body instead. Readers of headers stop at 16 KiB and more. */
const MAX_ROW_HEADER = 8 * 1024

/** The row, with the text of one column as the body where it names one; so nobody on the way has to parse it. */
export function toRowReply(row: readonly (string | null)[], bodyColumn: number | null): Reply {
  const text = bodyColumn === null ? undefined : row[bodyColumn]
  if (bodyColumn === null || text === undefined) return { status: 200, body: JSON.stringify(row) }
  const rest = toAsciiJson(row.with(bodyColumn, text === null ? null : ''))
  return rest.length > MAX_ROW_HEADER
    ? { status: 200, body: JSON.stringify(row) }
    : { status: 200, body: text ?? '', headers: { [ROW_HEADER]: rest, 'content-type': 'text/plain' } }
}

function toAsciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
