/** The reply to several batches: one part for each, in one body. */
import { PARTS_HEADER, ROW_HEADER } from '@db9/types/internal'
import type { Reply } from '../http/exchange.ts'
import { MAX_SHORT_BYTES } from './reply.ts'
import type { ParsedBatch } from './request.ts'

/** The answers to several batches as one; null is one that did not come soon. */
export function toPartsReply(batches: readonly ParsedBatch[], replies: readonly (Reply | null)[]): Reply {
  const parts = batches.map(({ requestId }, i) => toPart(requestId, replies[i] ?? null))
  const heads = `[${parts.map(({ head }) => head).join()}]`
  return {
    status: 200,
    body: heads + parts.map(({ body }) => body).join(''),
    headers: { [PARTS_HEADER]: String(heads.length), 'content-type': 'text/plain' },
  }
}

/** A `PartHead` as JSON in ASCII; its row already is, and the id is of letters and digits. */
function toPart(requestId: string | null, reply: Reply | null): { head: string; body: string } {
  const bytes = reply ? Buffer.byteLength(reply.body) : 0
  const isShort = reply !== null && bytes <= MAX_SHORT_BYTES
  const { status, body, headers = {} } = isShort ? reply : { status: null, body: '' }
  const row = headers[ROW_HEADER] ?? null
  const head = `{"requestId":${JSON.stringify(requestId)},"status":${status},"row":${row},"bytes":${isShort ? bytes : 0}}`
  return { head, body }
}
