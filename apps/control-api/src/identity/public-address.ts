/** Which addresses of the network belong to the public internet. */
import { BlockList, isIP } from 'node:net'

/** IANA's special-purpose registries: what leads to this machine, to a network of its own, or nowhere. */
const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]
/** Within global unicast: Teredo and its neighbours, documentation, and 6to4, which holds an IPv4 address. */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const special = blocks([...SPECIAL_V4, ...SPECIAL_V6])
/** All that is assigned for the public. What holds an IPv4 address (`::ffff:`, `64:ff9b::`) lies outside. */
const globalUnicast = blocks(['2000::/3'])
const loopback = blocks(['127.0.0.0/8', '::1/128'])

export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 6) return globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6')
  return isIP(address) === 4 && !special.check(address, 'ipv4')
}

export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

function blocks(all: string[]): BlockList {
  const list = new BlockList()
  for (const block of all) {
    const [network = '', bits] = block.split('/')
    list.addSubnet(network, Number(bits), isIP(network) === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}
