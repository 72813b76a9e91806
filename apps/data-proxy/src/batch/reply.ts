/** The reply to one batch of the gateway. */
import { QUICK_HEADER, ROW_HEADER } from '@db9/types/internal'
import type { Reply } from '../http/exchange.ts'

/** What a header may take; a longer row is the body instead. Readers of headers stop at 16 KiB and more. */
const MAX_ROW_HEADER = 8 * 1024

/** What goes with others is no longer than this. */
export const MAX_SHORT_BYTES = 64 * 1024

/** The row, with the text of one column as the body where it names one; so that no part on the way has to parse it. */
export function toRowReply(
  row: readonly (string | null)[],
  bodyColumn: number | null,
  isQuick: boolean,
): Reply {
  const text = bodyColumn === null ? undefined : row[bodyColumn]
  if (bodyColumn === null || text === undefined) return { status: 200, body: JSON.stringify(row) }
  const rest = toAsciiJson(row.with(bodyColumn, text === null ? null : ''))
  if (rest.length > MAX_ROW_HEADER) return { status: 200, body: JSON.stringify(row) }
  const body = text ?? ''
  const headers: Record<string, string> = { [ROW_HEADER]: rest, 'content-type': 'text/plain' }
  if (isQuick && body.length < MAX_SHORT_BYTES / 4) headers[QUICK_HEADER] = '1'
  return { status: 200, body, headers }
}

function toAsciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
