/** Where one HTTP/1.1 response ends: all that a load generator has to know of it. */

const HEAD_END = Buffer.from('\r\n\r\n')
const BODYLESS = new Set([204, 304])

export interface ResponseEnd {
  status: number
  /** Offset of the first byte after the response. */
  end: number
  /** Offset of the first byte of its body. */
  body: number
  /** The server closes the connection after it. */
  closes: boolean
}

/** Reads the response that begins at `start`, or null where the buffer does not hold all of it yet (RFC 9112). */
export function readResponse(buffer: Buffer, start: number): ResponseEnd | null {
  const headEnd = buffer.indexOf(HEAD_END, start)
  if (headEnd === -1) return null
  const head = buffer.toString('latin1', start, headEnd + 2)
  const status = Number(head.slice(9, 12))
  const body = headEnd + 4
  const closes = /\r\nconnection: *close\r\n/i.test(head)
  const end = BODYLESS.has(status) ? body : bodyEnd(buffer, body, head)
  return end === null || end > buffer.length ? null : { status, end, body, closes }
}

function bodyEnd(buffer: Buffer, body: number, head: string): number | null {
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1]
  if (length !== undefined) return body + Number(length)
  if (/\r\ntransfer-encoding: *chunked\r\n/i.test(head)) return chunkedEnd(buffer, body)
  throw new Error(`a response without a length, which a keep-alive client cannot delimit:\n${head}`)
}

function chunkedEnd(buffer: Buffer, body: number): number | null {
  for (let at = body; ; ) {
    const lineEnd = buffer.indexOf('\r\n', at, 'latin1')
    if (lineEnd === -1) return null
    const size = Number.parseInt(buffer.toString('latin1', at, lineEnd), 16)
    at = lineEnd + 2 + size + 2
    if (at > buffer.length) return null
    if (size === 0) return at
  }
}
