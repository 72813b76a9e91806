/** Requests byte by byte, as `fetch` and node:http would refuse to send them. */
import { connect } from 'node:net'

export interface RawReply {
  /** 0 where the server ended the connection without an answer. */
  status: number
  /** Status line and headers. */
  head: string
  body: string
}

export interface RawRequest {
  /** `GET /path HTTP/1.1` */
  line: string
  headers: readonly (readonly [string, string])[]
  body?: string | Uint8Array
}

const TIMEOUT_MS = 15_000

/** Sends the request with `Connection: close` and reads until the server ends the connection. */
export function sendRaw(url: string, { line, headers, body = '' }: RawRequest): Promise<RawReply> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname)
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer to ${line}`)))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
    })
    socket.on('close', () => resolve(parse(Buffer.concat(chunks).toString())))
    const head = [line, ...headers.map(([name, value]) => `${name}: ${value}`), 'Connection: close']
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    socket.write(body)
  })
}

function parse(text: string): RawReply {
  const end = text.indexOf('\r\n\r\n')
  const head = end === -1 ? text : text.slice(0, end)
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0)
  return { status, head, body: end === -1 ? '' : text.slice(end + 4) }
}
