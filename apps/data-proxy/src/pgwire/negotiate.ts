/** How a connection of the wire protocol begins: with TLS, the way Postgres asks for it or at once, or without. */
import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { ProxyError } from '../errors.ts'
import { HandshakeReader } from './handshake-reader.ts'
import type { FirstPacket } from './startup.ts'
import { acceptTls } from './tls/accept.ts'

export interface TlsPolicy {
  /** Of a connection that begins now. */
  context: () => SecureContext
  /** Startup packets without TLS are refused. */
  isRequired: boolean
  handshakeMs: number
}

export interface Begun {
  /** Inside TLS, where there is TLS. */
  client: Socket
  reader: HandshakeReader
  first: Extract<FirstPacket, { kind: 'startup' | 'cancel' }>
}

const ACCEPTED = Buffer.from('S')
const REFUSED = Buffer.from('N')
/** Requests for one kind of encryption after the other that was declined. */
const MOST_REQUESTS = 3

/** Reads up to the startup or cancel packet. `onSecured` is told of the connection that takes the place of the first one. */
export async function negotiate(
  raw: Socket,
  tls: TlsPolicy | null,
  onSecured: (secured: Socket) => void,
): Promise<Begun> {
  let begun = { client: raw, reader: new HandshakeReader(raw) }
  let isSecured = false
  const secure = async (isDirect: boolean) => {
    if (!tls || isSecured) throw new ProxyError('08P01', 'a startup packet was expected')
    // Of TLS that begins at once, the reader has the first bytes.
    if (isDirect) raw.unshift(begun.reader.takeRest())
    else raw.write(ACCEPTED)
    const client = await acceptTls(raw, tls.context(), { isDirect, limitMs: tls.handshakeMs })
    begun = { client, reader: new HandshakeReader(client) }
    isSecured = true
    onSecured(client)
  }
  for (let requests = 0; requests <= MOST_REQUESTS; requests++) {
    const first = await begun.reader.firstPacket()
    if (first.kind === 'startup' && tls?.isRequired && !isSecured)
      throw new ProxyError('28000', 'connections without TLS are refused here: use sslmode=require')
    if (first.kind === 'startup' || first.kind === 'cancel') return { ...begun, first }
    if (first.kind === 'tls') await secure(true)
    else if (first.kind === 'ssl' && tls && !isSecured) await secure(false)
    else begun.client.write(REFUSED)
  }
  throw new ProxyError('08P01', 'a startup packet was expected')
}
