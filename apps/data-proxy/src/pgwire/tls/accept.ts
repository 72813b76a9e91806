/** Takes a connection of the wire protocol over to TLS. */
import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import { clientGone } from '../../errors.ts'

/** The protocol that a client names which begins with TLS (Postgres' docs: "sslnegotiation"). */
const PROTOCOL = 'postgresql'

export interface AcceptOptions {
  /** It did not ask for TLS in Postgres' own way first, and so has to name its protocol. */
  isDirect: boolean
  limitMs: number
}

/**
 * The connection inside TLS. Rejects, with the connection ended, where the handshake fails or takes too long. What was read of it
 * must have been put back.
 */
export function acceptTls(
  raw: Socket,
  secureContext: SecureContext,
  { isDirect, limitMs }: AcceptOptions,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secured = new TLSSocket(raw, { isServer: true, secureContext, ALPNProtocols: [PROTOCOL] })
    const fail = () => {
      clearTimeout(timer)
      secured.destroy()
      raw.destroy()
      reject(clientGone())
    }
    const timer = setTimeout(fail, limitMs)
    // Node tells of a failure before the end of the handshake by this event alone.
    secured.on('_tlsError', fail)
    secured.on('error', fail)
    raw.once('close', fail)
    secured.once('close', fail)
    secured.once('secure', () => {
      if (isDirect && secured.alpnProtocol !== PROTOCOL) return fail()
      clearTimeout(timer)
      raw.off('close', fail)
      secured.off('close', fail).off('error', fail)
      // What fails from here on ends the connection.
      raw.once('close', () => secured.destroy())
      resolve(secured)
    })
  })
}
