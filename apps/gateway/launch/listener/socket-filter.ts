/**
 * The filter of the listening socket, in classic BPF (docs.kernel.org, networking/filter): it drops the packet that asks
 * for a connection (SYN without ACK) of refused clients, and some of clients that are slowed down, so that the kernel makes none. A dropped client tries again by
 * itself after a second. Sockets of accepted connections inherit the filter, which is why it lets all else pass.
 */

import type { ClientNetwork } from './client-network.ts'
import type { Slowdown } from './connection-pace.ts'
import type { Refusals } from './refusals.ts'

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number]

/** linux/bpf_common.h */
const LOAD_WORD = 0x20
const LOAD_BYTE = 0x30
const AND = 0x54
const SHIFT_RIGHT = 0x74
const JUMP = 0x05
const JUMP_IF_EQUAL = 0x15
const JUMP_IF_MORE = 0x25
const RETURN = 0x06

/** A packet at a TCP socket begins with its TCP header; offsets from here on count from its IP header (SKF_NET_OFF). */
const IP_HEADER = 0xfff00000
const TCP_FLAGS = 13
const SYN = 0x02
const SYN_OR_ACK = 0x12
const IPV4_SOURCE = 12
const IPV6_SOURCE = 8

const DROP: Instruction = [RETURN, 0, 0, 0]
const ACCEPT: Instruction = [RETURN, 0, 0, 0xffffffff]
/** A random word (SKF_AD_OFF + SKF_AD_RANDOM). */
const RANDOM = 0xfffff000 + 56
const WORDS = 2 ** 32

/** The filter as `setsockopt(SO_ATTACH_FILTER)` takes it: 8 bytes an instruction (struct sock_filter), little-endian. */
export function socketFilter(refusals: Refusals, slowdown: Slowdown): Buffer {
  const refused = refusals.kind === 'some' ? refusals.clients : []
  if (refused.length === 0 && slowdown.clients.length === 0) return encode([ACCEPT])
  return encode([
    [LOAD_BYTE, 0, 0, TCP_FLAGS],
    [AND, 0, 0, SYN_OR_ACK],
    [JUMP_IF_EQUAL, 1, 0, SYN],
    ACCEPT,
    ...onSource(refused, [DROP]),
    ...onSource(slowdown.clients, dropSome(slowdown.share)),
    ACCEPT,
  ])
}

function dropSome(share: number): Instruction[] {
  return [[LOAD_WORD, 0, 0, RANDOM], [JUMP_IF_MORE, 0, 1, Math.floor(share * (WORDS - 1))], DROP, ACCEPT]
}

/** Runs `action`, which ends the filter, on packets of these clients; the packets of others go on behind it. */
function onSource(clients: readonly ClientNetwork[], action: readonly Instruction[]): Instruction[] {
  const words = (version: string) =>
    clients.filter((client) => client.startsWith(version)).map((client) => client.slice(3))
  const length = action.length
  const ipv4: Instruction[] = [
    [LOAD_WORD, 0, 0, IP_HEADER + IPV4_SOURCE],
    ...words('v4').flatMap((address): Instruction[] => [
      [JUMP_IF_EQUAL, 0, length, Number.parseInt(address, 16)],
      ...action,
    ]),
  ]
  const ipv6 = words('v6').flatMap((prefix): Instruction[] => [
    [LOAD_WORD, 0, 0, IP_HEADER + IPV6_SOURCE],
    [JUMP_IF_EQUAL, 0, length + 2, Number.parseInt(prefix.slice(0, 8), 16)],
    [LOAD_WORD, 0, 0, IP_HEADER + IPV6_SOURCE + 4],
    [JUMP_IF_EQUAL, 0, length, Number.parseInt(prefix.slice(8), 16)],
    ...action,
  ])
  return [
    [LOAD_BYTE, 0, 0, IP_HEADER],
    [SHIFT_RIGHT, 0, 0, 4],
    [JUMP_IF_EQUAL, 1, 0, 4],
    [JUMP, 0, 0, ipv4.length + 1],
    ...ipv4,
    [JUMP, 0, 0, ipv6.length],
    ...ipv6,
  ]
}

function encode(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8)
  instructions.forEach(([code, ifTrue, ifFalse, value], index) => {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(ifTrue, index * 8 + 2)
    bytes.writeUInt8(ifFalse, index * 8 + 3)
    bytes.writeUInt32LE(value, index * 8 + 4)
  })
  return bytes
}
