/** Calls of functions to the network, from real isolates: what their list lets through, and what gets round it. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestHost, type TestHost } from '../testing/host.ts'
import { isPublicAddress } from './addresses.ts'
import { judgeUrl } from './policy.ts'

const FETCH = `exports.handler = async ({ url, init }) => {
  const reply = await fetch(url, init)
  return { status: reply.status, denied: reply.headers.get('x-db9-egress'), text: await reply.text(), url: reply.url }
}`

let server: Server
let port: number
let t: TestHost
let received: { url: string; host: string; body: string; headers: Record<string, unknown> }[] = []
/** Names that were looked up. */
let looked: string[] = []
beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { url = '', headers } = request
    received.push({ url, host: headers.host ?? '', body, headers })
    const to = new URL(url, 'http://x').searchParams.get('to')
    if (to !== null) response.writeHead(302, { location: to })
    response.end(`at ${url}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  // Names of the tests lead to this machine; all else is judged as it is anywhere.
  const answers: Record<string, string[]> = {
    'api.example.com': ['127.0.0.1'],
    'sub.wild.example.com': ['127.0.0.1'],
    'inside.example.com': ['10.1.2.3'],
    'mixed.example.com': ['127.0.0.1', '169.254.169.254'],
  }
  t = startTestHost({
    egress: {
      resolve: async (name) => {
        looked.push(name)
        return (answers[name] ?? []).map((address) => ({ address, family: 4 }))
      },
      isPublic: (address) => address === '127.0.0.1' || isPublicAddress(address),
    },
  })
})
afterAll(async () => {
  await t?.close()
  server?.close()
})
beforeEach(() => {
  received = []
  looked = []
})

const at = (name: string, path = '/') => `http://${name}:${port}${path}`

async function fetchFrom(network_allowlist: string[], url: string, init: object = {}) {
  const run = await t.run(t.code(FETCH, { network_allowlist }), { url, init })
  if (run.status !== 'completed') throw new Error(run.error + run.logs)
  return run.result as { status: number; denied: string | null; text: string; url: string }
}

test('F01 without a list nothing is called', async () => {
  const run = await t.run(t.code(FETCH), { url: at('api.example.com') })
  expect(run.status).toBe('failed')
  expect([received, looked]).toEqual([[], []])
})

test('what is listed is called, with the request as it is and nothing of ours', async () => {
  const reply = await fetchFrom([at('api.example.com', '')], at('api.example.com', '/a?b=1'), {
    method: 'POST',
    body: 'sent',
    headers: { 'x-own': '1', 'x-db9-version': 'forged' },
  })
  expect(reply).toMatchObject({ status: 200, text: 'at /a?b=1' })
  expect(received).toEqual([
    {
      url: '/a?b=1',
      host: `api.example.com:${port}`,
      body: 'sent',
      headers: expect.objectContaining({ 'x-own': '1' }),
    },
  ])
  expect(Object.keys(received[0]?.headers ?? {}).filter((name) => name.startsWith('x-db9-'))).toEqual([])
})

test('F08 a name that is not listed is not even looked up', async () => {
  const reply = await fetchFrom([at('api.example.com', '')], 'https://secret-data.attacker.example/')
  expect(reply).toMatchObject({ status: 403, denied: 'denied' })
  expect(reply.text).toContain('secret-data.attacker.example is not on the network_allowlist')
  expect(looked).toEqual([])
})

test.each([
  ['an address of its own network', '/?to=http://169.254.169.254/latest'],
  ['a host that is not listed', '/?to=https://other.example/'],
])('F02 a redirect to %s is refused', async (_, path) => {
  const reply = await fetchFrom([at('api.example.com', '')], at('api.example.com', path))
  expect(reply).toMatchObject({ status: 403, denied: 'denied' })
  expect(received).toHaveLength(1)
})

test('a redirect within the list is followed', async () => {
  const reply = await fetchFrom([at('api.example.com', '')], at('api.example.com', '/?to=/next'))
  expect(reply).toMatchObject({ status: 200, text: 'at /next' })
})

test.each(['inside.example.com', 'mixed.example.com', 'unknown.example.com'])(
  'F02 a listed name with a private answer, or none, is refused: %s',
  async (name) => {
    const reply = await fetchFrom([at(name, '')], at(name))
    expect(reply).toMatchObject({ status: 403, denied: 'denied' })
    expect(received).toEqual([])
  },
)

test.each([
  ['https://api.example.com', 'https://api.example.com/x', true],
  ['api.example.com', 'https://api.example.com/x', true],
  ['api.example.com', 'http://api.example.com/x', false],
  ['https://api.example.com', 'https://api.example.com:8443/', false],
  ['https://api.example.com:8443', 'https://api.example.com:8443/', true],
  ['https://*.example.com', 'https://a.example.com/', true],
  ['https://*.example.com', 'https://a.b.example.com/', true],
  ['https://*.example.com', 'https://example.com/', false],
  ['https://*.example.com', 'https://badexample.com/', false],
  ['https://api.example.com', 'https://api.example.com.evil.example/', false],
  ['https://api.example.com', 'https://api.example.com@evil.example/', false],
  ['https://api.example.com', 'https://user:pass@api.example.com/', false],
  ['https://api.example.com', 'https://API.EXAMPLE.COM/', true],
  ['https://api.example.com', 'ftp://api.example.com/', false],
  ['https://api.example.com', 'file:///etc/passwd', false],
])('F02 the list %s and %s: %s', (entry, url, isAllowed) => {
  expect(judgeUrl(url, [entry]).kind).toBe(isAllowed ? 'allowed' : 'refused')
})

test.each([
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::a00:1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:a00:1::',
  '3fff::1',
  'fc00::1',
  'fe80::1',
  'ff02::1',
  'not an address',
  '',
])('F02 %s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each(['8.8.8.8', '172.32.0.1', '192.0.1.1', '223.255.255.255', '2606:4700::1111'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true)
  },
)

test.each([
  'http://127.1',
  'http://0x7f000001',
  'http://2130706433',
  'http://0177.0.0.1',
  'http://[::1]',
  'http://[::ffff:127.0.0.1]',
])('F02 %s is refused in whichever form it is written, though it is listed', async (origin) => {
  const own = startTestHost()
  try {
    const run = await own.run(own.code(FETCH, { network_allowlist: [origin, `${origin}:${port}`] }), {
      url: `${origin}:${port}/`,
    })
    expect(run.result).toMatchObject({ status: 403, denied: 'denied' })
    expect(received).toEqual([])
  } finally {
    await own.close()
  }
})
