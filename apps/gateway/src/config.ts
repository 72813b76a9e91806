/** The configuration: the Worker's bindings, parsed once. An error names the variable, never its value. */
import { type HmacKey, hmacKey } from '@db9/types/crypto'
import type { Env } from './bindings.ts'
import type { HostRules } from './control/browser-guard.ts'
import { type AddressRules, parseBlocks } from './http/address.ts'
import type { BodyPace } from './http/incoming-body.ts'
import type { DatabaseCalls, KeyCalls } from './object-calls.ts'
import { type PartClient, partClient } from './part-client.ts'

export type DataProxyWire = 'batch' | 'neon'

export interface Config {
  control: PartClient
  dataProxy: PartClient
  /** Null where no functions run. */
  functions: PartClient | null
  /** What the data proxy speaks: the batches of our own, or Neon's SQL over HTTP. */
  dataProxyWire: DataProxyWire
  keyLimiter: DurableObjectNamespace<KeyCalls>
  database: DurableObjectNamespace<DatabaseCalls>
  fetchJwks: (url: string, init: RequestInit) => Promise<Response>
  allowLocalJwks: boolean
  /** Lower case, without a leading dot; null where databases have no host names. */
  dataDomain: string | null
  addressRules: AddressRules
  /** Host names that the REST API answers to. */
  hosts: HostRules
  /** The bearer token of /internal/metrics; null where that route is off. */
  metricsToken: string | null
  analytics: AnalyticsEngineDataset | null
  /** How many requests of one address may fail each second before its next ones are refused; 0: any number. */
  failedPerSecond: number
  bodyPace: BodyPace
  /** A large reply ends once its client has taken nothing for so long (ms). */
  replyIdleMs: number
  /** Key of the MAC in every publishable key. */
  keySecret: HmacKey
  /** Signs the calls between the parts. */
  internalSecret: HmacKey
}

const MIN_SECRET_LENGTH = 32
const MIN_TOKEN_LENGTH = 16
/** Bytes a second. The slowest mobile networks are faster. */
const LEAST_BODY_RATE = 1024

export async function parseEnv(env: Env): Promise<Config> {
  const { JWKS_OUTBOUND: outbound } = env
  for (const name of ['KEY_LIMITER', 'DATABASE'] as const) if (!env[name]) throw missing(name)
  return {
    control: partClient(env.CONTROL, parseUrl('CONTROL_URL', env.CONTROL_URL), 'CONTROL'),
    dataProxy: partClient(env.DATA_PROXY, parseUrl('DATA_PROXY_URL', env.DATA_PROXY_URL), 'DATA_PROXY'),
    functions:
      env.FUNCTIONS || env.FUNCTIONS_URL
        ? partClient(env.FUNCTIONS, parseUrl('FUNCTIONS_URL', env.FUNCTIONS_URL), 'FUNCTIONS')
        : null,
    dataProxyWire: parseWire('DB9_DATA_PROXY_WIRE', env.DB9_DATA_PROXY_WIRE),
    keyLimiter: env.KEY_LIMITER,
    database: env.DATABASE,
    fetchJwks: outbound ? (url, init) => outbound.fetch(url, init) : (url, init) => fetch(url, init),
    allowLocalJwks: parseSwitch('DB9_ALLOW_LOCAL_JWKS', env.DB9_ALLOW_LOCAL_JWKS),
    dataDomain: parseDomain('DB9_DATA_DOMAIN', env.DB9_DATA_DOMAIN),
    addressRules: {
      onCloudflare: parseSwitch('DB9_ON_CLOUDFLARE', env.DB9_ON_CLOUDFLARE),
      trustedProxies: parseTrusted('DB9_TRUSTED_PROXIES', env.DB9_TRUSTED_PROXIES),
    },
    hosts: parseHosts(env.DB9_ALLOWED_HOSTS),
    metricsToken: parseToken('DB9_METRICS_TOKEN', env.DB9_METRICS_TOKEN),
    analytics: env.ANALYTICS ?? null,
    failedPerSecond: parseRate('DB9_FAILED_REQUESTS', env.DB9_FAILED_REQUESTS, 20),
    bodyPace: {
      totalMs: parseMs('DB9_BODY_TIMEOUT_MS', env.DB9_BODY_TIMEOUT_MS, 30_000),
      graceMs: parseMs('DB9_BODY_GRACE_MS', env.DB9_BODY_GRACE_MS, 5_000),
      leastRate: LEAST_BODY_RATE,
    },
    replyIdleMs: parseMs('DB9_REPLY_IDLE_MS', env.DB9_REPLY_IDLE_MS, 60_000),
    keySecret: await parseSecret('DB9_KEY_SECRET', env.DB9_KEY_SECRET),
    internalSecret: await parseSecret('DB9_INTERNAL_SECRET', env.DB9_INTERNAL_SECRET),
  }
}

let parsed: Config | undefined

/** Parses at the first request. The promise is not shared, since a request may not wait for the work of another. */
export async function configOf(env: Env): Promise<Config> {
  parsed ??= await parseEnv(env)
  return parsed
}

function missing(name: string): Error {
  return new Error(`env ${name}: missing`)
}

async function parseSecret(name: string, value: string | undefined): Promise<HmacKey> {
  if (!value) throw missing(name)
  if (value.length < MIN_SECRET_LENGTH)
    throw new Error(`env ${name}: shorter than ${MIN_SECRET_LENGTH} characters`)
  return hmacKey(value)
}

function parseToken(name: string, value = ''): string | null {
  if (value === '') return null
  if (value.length < MIN_TOKEN_LENGTH)
    throw new Error(`env ${name}: shorter than ${MIN_TOKEN_LENGTH} characters`)
  return value
}

function parseSwitch(name: string, value = ''): boolean {
  if (value === '1' || value === 'true') return true
  if (value === '0' || value === 'false' || value === '') return false
  throw new Error(`env ${name}: neither 1 nor 0`)
}

function parseMs(name: string, value = '', fallback: number): number {
  if (value === '') return fallback
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new Error(`env ${name}: not a number of milliseconds`)
  return Number(value)
}

function parseRate(name: string, value = '', fallback: number): number {
  if (value === '') return fallback
  if (!/^\d{1,6}$/.test(value)) throw new Error(`env ${name}: not a number of requests a second`)
  return Number(value)
}

function parseWire(name: string, value = ''): DataProxyWire {
  if (value === 'batch' || value === 'neon') return value
  if (value === '') return 'batch'
  throw new Error(`env ${name}: neither batch nor neon`)
}

function parseUrl(name: string, value = ''): string | null {
  if (value === '') return null
  const url = URL.canParse(value) ? new URL(value) : null
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.pathname !== '/' ||
    url.search !== '' ||
    url.username !== ''
  ) {
    throw new Error(`env ${name}: not the http(s) URL of a host`)
  }
  return url.origin
}

function parseDomain(name: string, value = ''): string | null {
  if (value === '') return null
  const domain = value.toLowerCase()
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(domain)) throw new Error(`env ${name}: not a domain`)
  return domain
}

function parseTrusted(name: string, value = ''): AddressRules['trustedProxies'] {
  const blocks = parseBlocks(value)
  if (!blocks) throw new Error(`env ${name}: not a list of addresses and CIDR blocks`)
  return blocks
}

/** Host names separated by commas, as a URL spells them. Empty: any name, which gives null. */
function parseHosts(value = ''): HostRules {
  if (value === '') return null
  const names = value.split(',').map((name) => name.trim())
  const hosts = names.map((name) => (URL.canParse(`http://${name}`) ? new URL(`http://${name}`) : null))
  if (hosts.some((host) => host === null || host.href !== `http://${host.hostname}/`)) {
    throw new Error('env DB9_ALLOWED_HOSTS: not a list of host names')
  }
  return new Set(hosts.map((host) => host?.hostname ?? ''))
}
