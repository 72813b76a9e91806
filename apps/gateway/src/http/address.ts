/** The address of a request's client, and which proxies are trusted to name it. */

export interface AddressRules {
  /** On Cloudflare, CF-Connecting-IP names the client. Elsewhere, a client could set that header. */
  onCloudflare: boolean
  trustedProxies: readonly Block[]
}

/** An address or a CIDR block. */
export interface Block {
  family: 4 | 6
  prefix: bigint
  bits: number
}

export interface AddressSource {
  headers: { get(name: string): string | null }
  /** The address of the connection, from workerd: `127.0.0.1:5000`, `[::1]:5000`. */
  peer: string | null
}

/** The address of the connection, from workerd. Null on Cloudflare, where it is an address of Cloudflare. */
export function peerOf(request: { cf?: object | undefined }, rules: AddressRules): string | null {
  if (rules.onCloudflare) return null
  const { clientIp }: { clientIp?: unknown } = request.cf ?? {}
  return typeof clientIp === 'string' ? clientIp : null
}

/** The client's address in its usual form. Null where it is not known. */
export function clientAddress(source: AddressSource, rules: AddressRules): string | null {
  if (rules.onCloudflare) return toAddress(source.headers.get('cf-connecting-ip'))
  const peer = toAddress(source.peer)
  if (peer === null || rules.trustedProxies.length === 0 || !isTrusted(peer, rules)) return peer
  const hops = (source.headers.get('x-forwarded-for') ?? '').split(',').map((hop) => toAddress(hop.trim()))
  // From the right: each proxy adds the address that connects to it, so the first untrusted address is the client's.
  for (const hop of hops.reverse()) {
    if (hop === null) return peer
    if (!isTrusted(hop, rules)) return hop
  }
  return peer
}

/** The network that one client has: its IPv4 address, or the /64 of its IPv6 address. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const value = parseV6(address)
  return value === null ? address : `${(value >> 64n).toString(16)}::/64`
}

function isTrusted(address: string, rules: AddressRules): boolean {
  const parsed = parseAddress(address)
  return parsed !== null && rules.trustedProxies.some((block) => isWithin(parsed, block))
}

function isWithin(address: Parsed, block: Block): boolean {
  const shift = BigInt((block.family === 4 ? 32 : 128) - block.bits)
  return address.family === block.family && address.value >> shift === block.prefix >> shift
}

/** Parses blocks such as `10.0.0.0/8, ::1`. Null where one is malformed. */
export function parseBlocks(text: string): Block[] | null {
  const blocks: Block[] = []
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue
    const [address = '', length, extra] = item.split('/')
    const parsed = parseAddress(address)
    if (!parsed || extra !== undefined || (length !== undefined && !/^\d{1,3}$/.test(length))) return null
    const width = parsed.family === 4 ? 32 : 128
    const bits = length === undefined ? width : Number(length)
    if (bits > width) return null
    blocks.push({ family: parsed.family, prefix: parsed.value, bits })
  }
  return blocks
}

interface Parsed {
  family: 4 | 6
  value: bigint
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
/** The usual form of an address: IPv4, with or without a port. */
const PLAIN_V4 = new RegExp(`^(${OCTET}(?:\\.${OCTET}){3})(?::\\d+)?$`)

/** Removes the port, and turns an IPv4 address in IPv6 notation into its own form. */
function toAddress(text: string | null): string | null {
  if (!text) return null
  const plain = PLAIN_V4.exec(text)?.[1]
  if (plain !== undefined) return plain
  const bare = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  const address = bare.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  return parseAddress(address) ? address : null
}

function parseAddress(text: string): Parsed | null {
  const parsed = text.includes(':') ? parseV6(text) : parseV4(text)
  return parsed === null ? null : { family: text.includes(':') ? 6 : 4, value: parsed }
}

function parseV4(text: string): bigint | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return null
  return BigInt(parts.reduce((value, part) => value * 256 + Number(part), 0))
}

function parseV6(text: string): bigint | null {
  const [left = '', right, extra] = text.split('::')
  if (extra !== undefined) return null
  const head = left === '' ? [] : left.split(':')
  const tail = !right ? [] : right.split(':')
  const missing = 8 - head.length - tail.length
  if (right === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
  return groups.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n)
}
