/** Requests over kept connections, with whatever bytes HTTP lets through. */
import { Agent, request as httpRequest } from 'node:http'

export interface RawRequest {
  method: string
  /** Path and query; what HTTP cannot carry is percent-encoded. */
  path: string
  headers: Record<string, string>
  body: string
}

export interface RawReply {
  status: number
  text: string
}

const TIMEOUT_MS = 30_000

export function requestSender(origin: string): {
  send(request: RawRequest): Promise<RawReply>
  close(): void
} {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const { hostname, port } = new URL(origin)
  return {
    close: () => agent.destroy(),
    send: ({ method, path, headers, body }) =>
      new Promise((resolve, reject) => {
        const length = { 'content-length': String(Buffer.byteLength(body)) }
        const options = {
          agent,
          hostname,
          port,
          method,
          path: printable(path),
          headers: { ...headers, ...length },
        }
        const outgoing = httpRequest({ ...options, timeout: TIMEOUT_MS }, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          )
        })
        outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)))
        outgoing.on('error', reject)
        outgoing.end(body)
      }),
  }
}

function printable(path: string): string {
  return path.toWellFormed().replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character))
}

/** Runs `work` for each of `count` numbers, `atOnce` of them at a time. */
export async function inParallel(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
