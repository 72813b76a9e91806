/** Lines of a program's output. */
import type { Readable } from 'node:stream'

/** Calls `take` with each line of a stream of text, without its end. */
export function onLine(stream: Readable, take: (line: string) => void): void {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = `${text}${chunk}`.split('\n')
    text = lines.pop() ?? ''
    lines.forEach(take)
  })
}
