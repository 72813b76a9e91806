/** A request's body as text, counted while it comes in: its length header is not what the cap is held by. */
import { refusals } from '../refusals.ts'

const WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])

/** Empty where there is none. Throws `bodyTooLarge`, `bodyNotUtf8`, or `bodyBroken` where it ends in the middle. */
export async function readBody(request: Request, maxBytes: number): Promise<string> {
  if (!WITH_BODY.has(request.method) || !request.body) return ''
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw refusals.bodyTooLarge(maxBytes)
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  const reader = request.body.getReader()
  let text = ''
  let bytes = 0
  try {
    for (let part = await readPart(reader); !part.done; part = await readPart(reader)) {
      const chunk: Uint8Array = part.value
      bytes += chunk.byteLength
      if (bytes > maxBytes) throw refusals.bodyTooLarge(maxBytes)
      text += decode(() => decoder.decode(chunk, { stream: true }))
    }
    return text + decode(() => decoder.decode())
  } catch (error) {
    await reader.cancel().catch(() => undefined)
    throw error
  }
}

/** The runtime's error is the caller's: a connection that ended, or chunks that are none. */
async function readPart(reader: ReadableStreamDefaultReader<Uint8Array>) {
  return reader.read().catch((): never => {
    throw refusals.bodyBroken()
  })
}

function decode(step: () => string): string {
  try {
    return step()
  } catch {
    throw refusals.bodyNotUtf8()
  }
}
