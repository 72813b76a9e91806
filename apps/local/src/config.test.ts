import { expect, test } from 'vitest'
import { parseConfig } from './config.ts'

test('ports come from the environment, and 9009 and 5433 stand where nothing is set', () => {
  expect(parseConfig({}, {})).toMatchObject({ port: 9009, pgPort: 5433, host: '127.0.0.1' })
  expect(parseConfig({}, { DB9_PORT: '9100', DB9_PG_PORT: '5500' })).toMatchObject({
    port: 9100,
    pgPort: 5500,
  })
})

test.each(['http', '70000', '-1', '90.5'])('DB9_PORT=%s is refused by name', (port) => {
  expect(() => parseConfig({}, { DB9_PORT: port })).toThrow(/DB9_PORT is ".*", which is not a port/)
})

test('an address that others reach switches anonymous registration and local JWKS off until asked for', () => {
  const off = { anonymousRegistration: false, allowLocalJwks: false }
  expect(parseConfig({}, {})).toMatchObject({ anonymousRegistration: true, allowLocalJwks: true })
  expect(parseConfig({}, { DB9_HOST: '0.0.0.0' })).toMatchObject(off)
  expect(parseConfig({}, { DB9_HOST: '127.0.0.1.example.com' })).toMatchObject(off)
  expect(
    parseConfig({}, { DB9_HOST: '0.0.0.0', DB9_ANONYMOUS_REGISTRATION: '1', DB9_ALLOW_LOCAL_JWKS: '1' }),
  ).toMatchObject({ anonymousRegistration: true, allowLocalJwks: true })
})

test('databases have no disk quota unless DB9_DISK_QUOTA_MB says how many megabytes', () => {
  expect(parseConfig({}, {}).engine.diskQuotaBytes).toBeNull()
  expect(parseConfig({}, { DB9_DISK_QUOTA_MB: '512' }).engine.diskQuotaBytes).toBe(512 * 2 ** 20)
  for (const text of ['0', '63', '1GB'])
    expect(() => parseConfig({}, { DB9_DISK_QUOTA_MB: text })).toThrow(`DB9_DISK_QUOTA_MB is "${text}"`)
})

test('databases of anonymous accounts have a quota of 512 MB unless another or none is set', () => {
  const quotaBy = (text?: string) =>
    parseConfig({}, { DB9_ANONYMOUS_DISK_QUOTA_MB: text }).anonymousDiskQuotaBytes
  expect(quotaBy()).toBe(512 * 2 ** 20)
  expect(quotaBy('')).toBe(512 * 2 ** 20)
  expect(quotaBy('64')).toBe(64 * 2 ** 20)
  expect(quotaBy('none')).toBeNull()
  for (const text of ['0', '63', '1GB', 'None'])
    expect(() => quotaBy(text)).toThrow(`DB9_ANONYMOUS_DISK_QUOTA_MB is "${text}"`)
})

test('a switch that is neither on nor off is refused by name', () => {
  expect(() => parseConfig({}, { DB9_ALLOW_LOCAL_JWKS: 'maybe' })).toThrow('DB9_ALLOW_LOCAL_JWKS is "maybe"')
})

test('one port for the gateway and for Postgres is refused by both names', () => {
  expect(() => parseConfig({}, { DB9_PORT: '9100', DB9_PG_PORT: '9100' })).toThrow(
    'DB9_PORT and DB9_PG_PORT are both 9100',
  )
  expect(() => parseConfig({ port: 0, pgPort: 0 }, {})).not.toThrow()
})

test.each(['foo', '10.0.0.0/33', '10.0.0.1,', '::1, 10.0.0.0/8', '10.0.0.0/8/8', '300.1.1.1'])(
  'DB9_TRUSTED_PROXIES=%s is taken or refused by name before anything starts',
  (text) => {
    const isRight = ['10.0.0.1,', '::1, 10.0.0.0/8'].includes(text)
    const parse = () => parseConfig({}, { DB9_TRUSTED_PROXIES: text })
    if (isRight) expect(parse().trustedProxies).toBe(text)
    else expect(parse).toThrow('DB9_TRUSTED_PROXIES holds')
  },
)

test.each(['/nowhere/ca.pem', import.meta.filename])(
  'DB9_JWKS_CA=%s, where no certificates are, is refused by name before anything starts',
  (path) => {
    expect(() => parseConfig({}, { DB9_JWKS_CA: path })).toThrow(`DB9_JWKS_CA is ${path}`)
  },
)

test('sixteen databases are kept ready where nothing is set; a number of them that makes no sense is refused by name', () => {
  expect(parseConfig({}, {}).engine.poolSize).toBe(16)
  expect(parseConfig({}, { DB9_POOL_SIZE: '0' }).engine.poolSize).toBe(0)
  for (const text of ['-1', 'many', '1001', '1.5'])
    expect(() => parseConfig({}, { DB9_POOL_SIZE: text })).toThrow(`DB9_POOL_SIZE is "${text}"`)
})

test('on loopback the REST API answers to loopback names and those that are added, elsewhere to what is set', () => {
  const hosts = (env: Record<string, string>) => parseConfig({}, env).allowedHosts
  expect(hosts({})).toBe('localhost,127.0.0.1,[::1]')
  expect(hosts({ DB9_ALLOWED_HOSTS: 'db9.test' })).toBe('db9.test,localhost,127.0.0.1,[::1]')
  expect(hosts({ DB9_HOST: '0.0.0.0' })).toBe('')
  expect(hosts({ DB9_HOST: '0.0.0.0', DB9_ALLOWED_HOSTS: 'a.example, b.example' })).toBe(
    'a.example,b.example',
  )
  expect(() => hosts({ DB9_ALLOWED_HOSTS: 'https://a.example' })).toThrow('DB9_ALLOWED_HOSTS has')
})
