/** Cuts a stream into lines, none of which is kept beyond a length: its writer is hostile. */

/** A feed for chunks; `onLine` gets each line, cut where it is too long. */
export function lineCutter(maxBytes: number, onLine: (line: string) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = []
  let kept = 0
  const take = (part: Buffer) => {
    const room = maxBytes - kept
    if (room <= 0) return
    const taken = part.subarray(0, room)
    parts.push(taken)
    kept += taken.length
  }
  return (chunk) => {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      take(chunk.subarray(start, end))
      onLine(Buffer.concat(parts).toString('utf8'))
      parts = []
      kept = 0
      start = end + 1
    }
    take(chunk.subarray(start))
  }
}
