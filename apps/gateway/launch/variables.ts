/** The configuration table of the gateway where workerd runs it on a machine of ours; on Cloudflare, see wrangler.jsonc. */
import { readFileSync } from 'node:fs'
import { isLoopback } from '@db9/process/hosts'
import {
  ADDRESS,
  BLOCKS,
  count,
  FOLDER,
  INTERNAL_SECRET,
  Malformed,
  oneOf,
  optional,
  origin,
  PORT,
  required,
  SWITCH,
  secret,
  TEXT,
  type ValuesOf,
  type VariableType,
  withDefault,
} from '@db9/process/variables'

/** Certificates in PEM, read. */
const CERTIFICATES: VariableType<string> = {
  label: 'file',
  wanted: 'a file of certificates in PEM',
  parse(path) {
    try {
      const text = readFileSync(path, 'utf8')
      if (text.includes('-----BEGIN CERTIFICATE-----')) return text
    } catch {}
    throw new Malformed(`is ${path}, where no certificates can be read`)
  },
}

const HOST_NAMES: VariableType<string> = {
  label: 'host names',
  wanted: 'host names without port, separated by commas',
  parse(text) {
    const names = text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
    const odd = names.find((name) => !/^[a-z0-9.-]+$|^\[[0-9a-f:]+\]$/i.test(name))
    if (odd !== undefined) throw new Malformed(`has "${odd}"`)
    return names.join()
  },
}

const MILLISECONDS = count(1, 9_999_999)

/** workerd reaches them by address and port. */
const part = (name: string, port: number) =>
  origin(`the URL of the ${name}, http://127.0.0.1:${port}, without TLS`, /^http:$/)

export const GATEWAY_VARIABLES = {
  home: required('DB9_HOME', FOLDER, {
    meaning: 'folder of its Durable Objects, its configuration and its log; not that of another part',
  }),
  host: withDefault('DB9_HOST', ADDRESS, { value: '127.0.0.1', meaning: 'address to listen on' }),
  port: withDefault('DB9_PORT', PORT, {
    value: 9009,
    meaning: 'the gateway: REST API, data plane, `/docs`',
  }),
  controlUrl: required('DB9_CONTROL_URL', part('control API', 9010), {
    meaning: 'where the control API’s `DB9_CONTROL_PORT` is reached',
  }),
  dataProxyUrl: required('DB9_DATA_PROXY_URL', part('data proxy', 9011), {
    meaning: 'where the data proxy’s `DB9_SQL_PORT` is reached',
  }),
  functionsUrl: optional('DB9_FUNCTIONS_URL', part('functions part', 9012), {
    unset: 'none: no functions are served',
    meaning: 'where `DB9_FUNCTIONS_PORT` of the functions part is reached',
  }),
  internalSecret: INTERNAL_SECRET,
  keySecret: required('DB9_KEY_SECRET', secret(32, 'that of the control API, `key` of its secrets.toml'), {
    meaning: 'key of the MAC in publishable keys; the control API has the same',
  }),
  allowLocalJwks: withDefault('DB9_ALLOW_LOCAL_JWKS', SWITCH, {
    value: false,
    shown: '0',
    meaning: 'whether identity providers may have http and loopback JWKS URLs; the same at the control API',
  }),
  jwksCertificates: optional('DB9_JWKS_CA', CERTIFICATES, {
    unset: 'none',
    meaning:
      'a PEM file of certificates that vouch for identity providers’ servers, beside those that browsers trust',
  }),
  trustedProxies: withDefault('DB9_TRUSTED_PROXIES', BLOCKS, {
    value: '',
    shown: 'none',
    meaning: 'addresses and blocks whose `X-Forwarded-For` is believed, separated by commas',
  }),
  allowedHosts: withDefault('DB9_ALLOWED_HOSTS', HOST_NAMES, {
    value: '',
    shown: 'the loopback names on loopback, any elsewhere',
    meaning:
      'further host names that the REST API answers to, separated by commas: a page whose name was pointed at this machine gets nothing',
  }),
  dataDomain: withDefault('DB9_DATA_DOMAIN', TEXT, {
    value: '',
    shown: 'none',
    meaning: 'databases answer under `<id with - for _>.<domain>` too',
  }),
  metricsToken: optional('DB9_METRICS_TOKEN', secret(16, 'a long random text'), {
    unset: 'none',
    meaning: 'opens the gateway’s counters at `/internal/metrics` to a Prometheus with this bearer token',
  }),
  failedRequests: withDefault('DB9_FAILED_REQUESTS', count(0, 100_000), {
    value: 20,
    meaning:
      'requests of one address that may fail each second, five seconds’ worth at once; beyond that they are 429 unseen, but for callers that were found good. 0: any number',
  }),
  bodyTimeoutMs: withDefault('DB9_BODY_TIMEOUT_MS', MILLISECONDS, {
    value: 30_000,
    meaning: 'milliseconds that the body of a request may take',
  }),
  bodyGraceMs: withDefault('DB9_BODY_GRACE_MS', MILLISECONDS, {
    value: 5_000,
    meaning: 'milliseconds after which a body has to bring 1 KiB a second',
  }),
  replyIdleMs: withDefault('DB9_REPLY_IDLE_MS', MILLISECONDS, {
    value: 60_000,
    meaning: 'milliseconds in which a client may take nothing of a large reply',
  }),
  dataProxyWire: withDefault(
    'DB9_DATA_PROXY_WIRE',
    oneOf(['batch', 'neon'], '"batch" (db9’s own data proxy) or "neon" (what speaks Neon’s SQL over HTTP)'),
    { value: 'batch', meaning: '`neon`: the data proxy’s URL is of what speaks Neon’s SQL over HTTP' },
  ),
  connectionsPerClient: withDefault('DB9_CONNECTIONS_PER_CLIENT', count(10, 999_999), {
    value: 2_000,
    meaning: 'connections (Linux only) that one address (IPv6: one /64) may have',
  }),
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

/** On loopback, where a name that is not ours can only be one that was pointed at this machine, ours are added. */
export function allowedHostsOn(host: string, names: string): string {
  return [...(names === '' ? [] : [names]), ...(isLoopback(host) ? LOOPBACK_NAMES : [])].join()
}

export type GatewayValues = ValuesOf<typeof GATEWAY_VARIABLES>
