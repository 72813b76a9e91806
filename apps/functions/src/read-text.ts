/** Reads a body that a hostile process may send. */
import type { IncomingMessage } from 'node:http'

/** A body is longer than it may be. */
export class TooLong extends Error {}

/** The body as text. Rejects with `TooLong` where it is longer than `maxBytes`, and where it breaks off. */
export async function readText(message: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) {
      message.destroy()
      throw new TooLong(`a body of more than ${maxBytes} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
