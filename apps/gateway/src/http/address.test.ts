/** The address of a client, by the connection and by the headers of trusted proxies. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AddressRules, clientAddress, networkOf, parseBlocks } from './address.ts'

const rules = (trusted: string, onCloudflare = false): AddressRules => ({
  onCloudflare,
  trustedProxies: parseBlocks(trusted) ?? [],
})
const from = (peer: string | null, headers: Record<string, string> = {}) => ({
  peer,
  headers: new Headers(headers),
})

test.each<[string, string | null, Record<string, string>, AddressRules, string | null]>([
  ['the peer', '192.0.2.1:5000', {}, rules(''), '192.0.2.1'],
  ['an IPv6 peer', '[2001:db8::1]:5000', {}, rules(''), '2001:db8::1'],
  ['an IPv4 peer on an IPv6 socket', '[::ffff:192.0.2.1]:5000', {}, rules(''), '192.0.2.1'],
  ['no peer', null, {}, rules(''), null],
  [
    'a header from an untrusted connection',
    '192.0.2.1:1',
    { 'x-forwarded-for': '1.2.3.4' },
    rules(''),
    '192.0.2.1',
  ],
  ['a Cloudflare header elsewhere', '192.0.2.1:1', { 'cf-connecting-ip': '1.2.3.4' }, rules(''), '192.0.2.1'],
  ['a Cloudflare header on Cloudflare', null, { 'cf-connecting-ip': '1.2.3.4' }, rules('', true), '1.2.3.4'],
  ['a trusted proxy', '10.1.2.3:1', { 'x-forwarded-for': '1.2.3.4' }, rules('10.0.0.0/8'), '1.2.3.4'],
  [
    'a chain',
    '10.0.0.1:1',
    { 'x-forwarded-for': '6.6.6.6, 1.2.3.4, 10.0.0.2' },
    rules('10.0.0.0/8'),
    '1.2.3.4',
  ],
  ['a proxy that says nothing', '10.0.0.1:1', {}, rules('10.0.0.0/8'), '10.0.0.1'],
  [
    'a proxy that says nonsense',
    '10.0.0.1:1',
    { 'x-forwarded-for': '1.2.3.4, x' },
    rules('10.0.0.0/8'),
    '10.0.0.1',
  ],
  ['an IPv6 proxy', '[fd00::5]:1', { 'x-forwarded-for': '1.2.3.4' }, rules('fd00::/8'), '1.2.3.4'],
])('%s', (_, peer, headers, given, expected) => {
  expect(clientAddress(from(peer, headers), given)).toBe(expected)
})

test.each(['10.0.0.0/33', '300.0.0.1', '10.0.0.0/8/8', 'proxy.example', '1::2::3', '10.0.0.0/-1'])(
  '"%s" is neither an address nor a block',
  (text) => expect(parseBlocks(text)).toBeNull(),
)

test('no header changes the address of an untrusted connection', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (value) => {
      const headers = { get: () => value }
      expect(clientAddress({ peer: '192.0.2.1:9', headers }, rules('10.0.0.0/8'))).toBe('192.0.2.1')
    }),
  )
})

test('the network of an IPv6 address is its /64, in every spelling, and that of an IPv4 address is itself', () => {
  expect(networkOf('2001:db8:0:1::5')).toBe(networkOf('2001:0db8:0:1:ffff::9'))
  expect(networkOf('2001:db8:0:1::5')).not.toBe(networkOf('2001:db8:0:2::5'))
  expect(networkOf('10.0.0.1')).toBe('10.0.0.1')
})
