/** Messages of the frontend (https://www.postgresql.org/docs/18/protocol-message-formats.html). */
import { cstring, int16, int32, message } from './messages.ts'
import { CANCEL_REQUEST, PROTOCOL_3_0 } from './protocol.ts'

export const SYNC = message('S')
export const TERMINATE = message('X')
const EXECUTE_ALL = message('E', cstring(''), int32(0))

export function startup(parameters: Record<string, string>): Buffer {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [cstring(name), cstring(value)])
  return message('', int32(PROTOCOL_3_0), ...pairs, '\0')
}

export function cancelRequest(processId: number, secret: Buffer): Buffer {
  return message('', int32(CANCEL_REQUEST), int32(processId), secret)
}

export function parse(name: string, text: string): Buffer {
  return message('P', cstring(name), cstring(text), int16(0))
}

export function describeStatement(name: string): Buffer {
  return message('D', 'S', cstring(name))
}

export function closeStatement(name: string): Buffer {
  return message('C', 'S', cstring(name))
}

const BIND = 0x42
/** Two counts of formats, each 0 (everything is text), and the count of values. */
const COUNTS = 6

/** Bind of the unnamed portal and its execution: parameters and results as text. Names are ASCII. */
export function bindAndExecute(name: string, params: readonly (string | null)[]): Buffer {
  let size = 1 + 4 + 1 + name.length + 1 + COUNTS
  const lengths = params.map((value) => (value === null ? -1 : Buffer.byteLength(value)))
  for (const length of lengths) size += 4 + Math.max(0, length)
  const buffer = Buffer.allocUnsafe(size + EXECUTE_ALL.length)
  buffer[0] = BIND
  buffer.writeInt32BE(size - 1, 1)
  buffer[5] = 0
  let at = 6 + buffer.write(name, 6, 'latin1')
  buffer[at++] = 0
  at = buffer.writeInt16BE(0, at)
  at = buffer.writeUInt16BE(params.length, at)
  for (let i = 0; i < params.length; i++) {
    at = buffer.writeInt32BE(lengths[i] ?? -1, at)
    const value = params[i]
    if (typeof value === 'string') at += buffer.write(value, at, 'utf8')
  }
  at = buffer.writeInt16BE(0, at)
  EXECUTE_ALL.copy(buffer, at)
  return buffer
}
