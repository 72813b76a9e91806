import { cstring, int16, int32, message } from './messages.ts'

export const PROTOCOL_3_0 = 196_608
export const CANCEL_REQUEST = 80_877_102

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

export function simpleQuery(text: string): Buffer {
  return message('Q', cstring(text))
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

/** Bind of the unnamed portal and its execution: parameters and results as text. */
export function bindAndExecute(name: string, params: readonly (string | null)[]): Buffer {
  const values = params.map((value) => (value === null ? null : Buffer.from(value)))
  let size = 5 + 1 + Buffer.byteLength(name) + 1 + 2 + 2 + 2
  for (const value of values) size += 4 + (value?.length ?? 0)
  const buffer = Buffer.allocUnsafe(size)
  buffer[0] = 0x42
  buffer.writeInt32BE(size - 1, 1)
  buffer[5] = 0
  let at = 6
  at += buffer.write(name, at)
  buffer[at++] = 0
  at = buffer.writeInt16BE(0, at)
  at = buffer.writeInt16BE(values.length, at)
  for (const value of values) {
    at = buffer.writeInt32BE(value === null ? -1 : value.length, at)
    if (value !== null) at += value.copy(buffer, at)
  }
  buffer.writeInt16BE(0, at)
  return Buffer.concat([buffer, EXECUTE_ALL])
}
