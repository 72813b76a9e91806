/** The configuration of the Worker, and the errors for malformed variables. */
import { expect, test } from 'vitest'
import type { Env } from './bindings.ts'
import { parseEnv } from './config.ts'

const SECRET = 'a-secret-of-thirty-two-characters'
const namespace = {} as Env['KEY_LIMITER']
const env: Env = {
  CONTROL_URL: 'https://control.example',
  DATA_PROXY_URL: 'https://sql.example',
  KEY_LIMITER: namespace,
  DATABASE: namespace as unknown as Env['DATABASE'],
  DB9_KEY_SECRET: SECRET,
  DB9_INTERNAL_SECRET: SECRET,
}

test('variables that are left out turn features off', async () => {
  expect(await parseEnv(env)).toMatchObject({
    allowLocalJwks: false,
    dataDomain: null,
    addressRules: { onCloudflare: false, trustedProxies: [] },
    hosts: null,
    metricsToken: null,
    analytics: null,
  })
})

test.each<[keyof Env, string]>([
  ['DB9_KEY_SECRET', ''],
  ['DB9_KEY_SECRET', 'short-secret'],
  ['DB9_INTERNAL_SECRET', ''],
  ['CONTROL_URL', ''],
  ['CONTROL_URL', 'ftp://user:short-secret@host'],
  ['DATA_PROXY_URL', 'https://sql.example/path'],
  ['DB9_ALLOW_LOCAL_JWKS', 'short-secret'],
  ['DB9_ON_CLOUDFLARE', 'yes'],
  ['DB9_DATA_DOMAIN', 'short secret'],
  ['DB9_ALLOWED_HOSTS', 'short secret'],
  ['DB9_ALLOWED_HOSTS', 'a.example:9009'],
  ['DB9_ALLOWED_HOSTS', 'https://a.example'],
  ['DB9_TRUSTED_PROXIES', '10.0.0.0/99'],
])('a malformed %s is named in the error, without its value', async (name, value) => {
  const failure = await parseEnv({ ...env, [name]: value }).catch((error: Error) => error.message)
  expect(failure).toContain(`env ${name.replace('_URL', '')}`)
  if (value !== '') expect(failure).not.toContain(value)
})

test('a missing Durable Object is named too', async () => {
  await expect(parseEnv({ ...env, KEY_LIMITER: undefined as unknown as Env['KEY_LIMITER'] })).rejects.toThrow(
    'env KEY_LIMITER: missing',
  )
})
