/**
 * The filter of the listening socket, in classic BPF (docs.kernel.org, networking/filter): it drops the packet that asks
 * for a connection (SYN without ACK) of refused clients, so that the kernel makes none. A dropped client tries again by
 * itself after a second. Sockets of accepted connections inherit the filter, which is why it lets all else pass.
 */

import type { ClientNetwork } from './client-network.ts'
import type { Refusals } from './refusals.ts'

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number]

/** linux/bpf_common.h */
const LOAD_WORD = 0x20
const LOAD_BYTE = 0x30
const AND = 0x54
const SHIFT_RIGHT = 0x74
const JUMP = 0x05
const JUMP_IF_EQUAL = 0x15
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

/** The filter as `setsockopt(SO_ATTACH_FILTER)` takes it: 8 bytes an instruction (struct sock_filter), little-endian. */
export function socketFilter(refusals: Refusals): Buffer {
  const isNoRequest: Instruction[] = [
    [LOAD_BYTE, 0, 0, TCP_FLAGS],
    [AND, 0, 0, SYN_OR_ACK],
    [JUMP_IF_EQUAL, 1, 0, SYN],
    ACCEPT,
  ]
  switch (refusals.kind) {
    case 'none':
      return encode([ACCEPT])
    case 'some':
      return encode([...isNoRequest, ...dropSources(refusals.clients)])
  }
}

function dropSources(clients: readonly ClientNetwork[]): Instruction[] {
  const words = (version: string) =>
    clients.filter((client) => client.startsWith(version)).map((client) => client.slice(3))
  const ipv4: Instruction[] = [
    [LOAD_WORD, 0, 0, IP_HEADER + IPV4_SOURCE],
    ...words('v4').flatMap((address): Instruction[] => [
      [JUMP_IF_EQUAL, 0, 1, Number.parseInt(address, 16)],
      DROP,
    ]),
    ACCEPT,
  ]
  const ipv6 = words('v6').flatMap((prefix): Instruction[] => [
    [LOAD_WORD, 0, 0, IP_HEADER + IPV6_SOURCE],
    [JUMP_IF_EQUAL, 0, 3, Number.parseInt(prefix.slice(0, 8), 16)],
    [LOAD_WORD, 0, 0, IP_HEADER + IPV6_SOURCE + 4],
    [JUMP_IF_EQUAL, 0, 1, Number.parseInt(prefix.slice(8), 16)],
    DROP,
  ])
  return [
    [LOAD_BYTE, 0, 0, IP_HEADER],
    [SHIFT_RIGHT, 0, 0, 4],
    [JUMP_IF_EQUAL, 1, 0, 4],
    [JUMP, 0, 0, ipv4.length],
    ...ipv4,
    ...ipv6,
    ACCEPT,
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
