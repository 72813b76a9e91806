/** Parses the first packet of a connection. */
import { readCString } from '@db9/postgres/backend'
import { cstring, int32, message } from '@db9/postgres/messages'
import { CANCEL_REQUEST, GSS_REQUEST, PROTOCOL_3_0, SSL_REQUEST } from '@db9/postgres/protocol'
import { ProxyError } from '../errors.ts'

/** The first packets of a connection, which have no type byte (protocol-flow, "Start-up"). */
export type FirstPacket =
  | { kind: 'ssl' | 'gss' }
  /** No packet of Postgres': what follows is TLS. */
  | { kind: 'tls' }
  | { kind: 'cancel'; processId: number; secret: Buffer }
  | { kind: 'startup'; parameters: Record<string, string>; negotiate: Buffer | null }

const MAX_PACKET = 10_000
/** The first byte of a TLS connection (RFC 8446, section 5.1). */
const TLS_HANDSHAKE = 22

/** The first packet, and how many bytes it took; null where it is not whole yet. Throws a `ProxyError` where it is none. */
export function readFirstPacket(data: Buffer): { packet: FirstPacket; length: number } | null {
  // A packet begins with its length, the first byte of which is 0 in all that is short enough.
  if (data[0] === TLS_HANDSHAKE) return { packet: { kind: 'tls' }, length: 0 }
  if (data.length < 8) return null
  const length = data.readInt32BE(0)
  if (length < 8 || length > MAX_PACKET) throw new ProxyError('08P01', 'invalid length of startup packet')
  if (data.length < length) return null
  return { packet: parsePacket(data.readInt32BE(4), data.subarray(8, length)), length }
}

function parsePacket(code: number, body: Buffer): FirstPacket {
  if (code === SSL_REQUEST) return { kind: 'ssl' }
  if (code === GSS_REQUEST) return { kind: 'gss' }
  if (code === CANCEL_REQUEST) {
    if (body.length < 8) throw new ProxyError('08P01', 'invalid length of cancel request')
    return { kind: 'cancel', processId: body.readInt32BE(0), secret: Buffer.from(body.subarray(4)) }
  }
  const [major, minor] = [code >> 16, code & 0xffff]
  if (major !== 3)
    throw new ProxyError('0A000', `unsupported frontend protocol ${major}.${minor}: server supports 3.0`)
  const { parameters, unknown } = readParameters(body)
  return {
    kind: 'startup',
    parameters,
    negotiate: minor > 0 || unknown.length > 0 ? negotiation(unknown) : null,
  }
}

function readParameters(body: Buffer): { parameters: Record<string, string>; unknown: string[] } {
  const parameters: Record<string, string> = Object.create(null)
  const unknown: string[] = []
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const name = readCString(body, at)
    at = body.indexOf(0, at) + 1
    const end = body.indexOf(0, at)
    if (at === 0 || end < 0) throw new ProxyError('08P01', 'invalid startup packet layout')
    if (name.startsWith('_pq_.')) unknown.push(name)
    else parameters[name] = body.toString('utf8', at, end)
    at = end + 1
  }
  return { parameters, unknown }
}

/** NegotiateProtocolVersion: minor version 0 is the newest here, and these options are not known. */
function negotiation(unknown: string[]): Buffer {
  return message('v', int32(PROTOCOL_3_0), int32(unknown.length), ...unknown.map(cstring))
}
