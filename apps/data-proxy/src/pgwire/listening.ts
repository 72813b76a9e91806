/** Notices sessions that listen for notifications, by what passes through. */
import { cstring, message } from '@db9/postgres/messages'

/** CommandComplete of a LISTEN, as the server sends it. */
const LISTEN_DONE = message('C', cstring('LISTEN'))

/**
 * Tells when a session begins to listen, from what its server answers: neither a connection of ours nor a catalog can
 * see it from outside. A row that holds the same bytes makes a session count as listening, which keeps the database
 * awake and does no harm.
 */
export function listenWatch(): (chunk: Buffer) => boolean {
  let tail: Buffer = Buffer.alloc(0)
  return (chunk) => {
    const seam = Buffer.concat([tail, chunk.subarray(0, LISTEN_DONE.length)])
    if (chunk.includes(LISTEN_DONE) || seam.includes(LISTEN_DONE)) return true
    tail = (chunk.length >= LISTEN_DONE.length ? chunk : seam).subarray(1 - LISTEN_DONE.length)
    return false
  }
}
