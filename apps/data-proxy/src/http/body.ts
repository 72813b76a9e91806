/** Reads the body of a request up to a cap. */
import type { IncomingMessage } from 'node:http'
import { clientGone, ProxyError } from '../errors.ts'

/** The body as text. Throws a `ProxyError` 413 as soon as it grows over the cap, even where its header announced less. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(clientGone())
    if (request.destroyed) leave()
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) {
        request.removeAllListeners('data').resume()
        reject(new ProxyError('54000', `request is too large (max is ${maxBytes} bytes)`, 413))
        return
      }
      chunks.push(chunk)
    })
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    request.on('error', leave)
    // It comes after every request, a whole one too.
    request.on('close', () => {
      if (!request.complete) leave()
    })
  })
}
