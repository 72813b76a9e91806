/** Ends a client of the wire protocol for good. */
import type { Socket } from 'node:net'
import { errorResponse } from '@db9/postgres/backend'

/** What a client has to read the last message in. */
const LAST_MESSAGE_MS = 1_000
/** The same where the service ends its session: it is short, so that a stop is quick. */
const ADMIN_SHUTDOWN_MS = 200

/**
 * Sends the last message and closes the connection. What the client still sends is thrown away: on a paused socket
 * with unread bytes the end of the client is never noticed, and the connection would stay open for ever.
 *
 * @param limitMs after this the connection is destroyed, whether the client has read everything or not
 */
export function endClient(client: Socket, lastMessage?: Buffer, limitMs = LAST_MESSAGE_MS): void {
  if (client.destroyed) return
  client.removeAllListeners('data')
  client.resume()
  if (lastMessage) client.end(lastMessage)
  else client.end()
  const timer = setTimeout(() => client.destroy(), limitMs)
  client.once('close', () => clearTimeout(timer))
}

/** Ends a client's session for the service's own reason, as Postgres says it: 57P01. */
export function tellEnd(client: Socket, reason: string): void {
  endClient(client, errorResponse('FATAL', '57P01', reason), ADMIN_SHUTDOWN_MS)
}
