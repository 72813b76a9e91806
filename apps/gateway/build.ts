/** Builds the Worker for a plain `workerd serve` and writes its configuration; `wrangler` needs neither. */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ENTRY = fileURLToPath(new URL('src/index.ts', import.meta.url))

/** The same as in wrangler.jsonc. No later than the release of the bundled workerd, which refuses a later date. */
const COMPATIBILITY_DATE = '2026-11-02'
const COMPATIBILITY_FLAGS = ['no_nodejs_compat', 'no_nodejs_compat_v2']

/** Writes the Worker as one ES module. */
export async function buildGateway(outfile: string): Promise<void> {
  await build({
    entryPoints: [ENTRY],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    legalComments: 'none',
    logLevel: 'error',
  })
}

export interface WorkerdConfigOptions {
  /** The file of `buildGateway`, relative to the folder of the configuration. */
  script: string
  /** Where the socket named `http` listens, `127.0.0.1:9009`; `--socket-addr=http=…` overrides it. */
  address: string
  /** `host:port` of the control API. */
  control: string
  /** `host:port` of the data proxy's HTTP listener. */
  dataProxy: string
  /** `host:port` of the functions part; none where it is left out. */
  functions?: string | null
  /** The protocol of the data proxy; `batch`, our own, by default. */
  dataProxyWire?: 'batch' | 'neon'
  /** An existing folder for the storage of the Durable Objects. */
  storageFolder: string
  /** Lets key sets be fetched over http and from loopback and private addresses. */
  allowLocalJwks: boolean
  /** Certificates (PEM) of authorities that are trusted for key sets, beside those that browsers trust. */
  jwksCertificates?: string | null
  /** Databases answer under `<id with - for _>.<dataDomain>` too; empty for none. */
  dataDomain?: string
  /** Addresses and CIDR blocks, comma-separated, of proxies whose X-Forwarded-For is trusted; empty for none. */
  trustedProxies?: string
  /** Host names, comma-separated, that the REST API answers to; empty for any. */
  allowedHosts?: string
  /** Whether `/internal/metrics` is on, with the token in DB9_METRICS_TOKEN of workerd's environment. */
  metrics?: boolean
  /** Requests of one address that may fail each second, 0 for any number; 20 by default. */
  failedRequests?: number
  /** How long a request body may take (30 s by default), and after how long it has to bring 1 KiB a second (5 s by default). */
  bodyTimeoutMs?: number
  bodyGraceMs?: number
  /** How long a client may read nothing of a large reply; 60 s by default. */
  replyIdleMs?: number
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Variables that workerd must be started with: the configuration names these two, and holds neither. */
export const SECRET_VARIABLES = ['DB9_KEY_SECRET', 'DB9_INTERNAL_SECRET'] as const

/** A configuration for `workerd serve`, in Cap'n Proto's text form. */
export function workerdConfig(options: WorkerdConfigOptions): string {
  const variables = {
    DB9_ALLOW_LOCAL_JWKS: options.allowLocalJwks ? '1' : '0',
    DB9_DATA_DOMAIN: options.dataDomain ?? '',
    DB9_TRUSTED_PROXIES: options.trustedProxies ?? '',
    DB9_ALLOWED_HOSTS: options.allowedHosts ?? '',
    DB9_ON_CLOUDFLARE: '0',
    DB9_DATA_PROXY_WIRE: options.dataProxyWire ?? 'batch',
    DB9_FAILED_REQUESTS: String(options.failedRequests ?? ''),
    DB9_BODY_TIMEOUT_MS: String(options.bodyTimeoutMs ?? ''),
    DB9_BODY_GRACE_MS: String(options.bodyGraceMs ?? ''),
    DB9_REPLY_IDLE_MS: String(options.replyIdleMs ?? ''),
  }
  const bindings = [
    '(name = "CONTROL", service = "control")',
    '(name = "DATA_PROXY", service = "data-proxy")',
    ...(options.functions ? ['(name = "FUNCTIONS", service = "functions")'] : []),
    '(name = "JWKS_OUTBOUND", service = "jwks")',
    '(name = "KEY_LIMITER", durableObjectNamespace = "KeyLimiter")',
    '(name = "DATABASE", durableObjectNamespace = "DatabaseObject")',
    ...[...SECRET_VARIABLES, ...(options.metrics ? ['DB9_METRICS_TOKEN'] : [])].map(
      (name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`,
    ),
    ...Object.entries(variables).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
  ]
  const jwksNetworks = options.allowLocalJwks ? ['public', 'private', 'local'] : ['public']
  const trusted = (options.jwksCertificates ?? '').match(CERTIFICATE) ?? []
  const tlsOptions = `(trustBrowserCas = true, trustedCertificates = [${trusted.map(text).join(', ')}])`
  const functions = options.functions
    ? `\n    (name = "functions", external = (address = ${text(options.functions)}, http = ())),`
    : ''
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "gateway", worker = .gateway),
    (name = "control", external = (address = ${text(options.control)}, http = ())),
    (name = "data-proxy", external = (address = ${text(options.dataProxy)}, http = ())),${functions}
    (name = "jwks", network = (allow = [${jwksNetworks.map(text).join(', ')}], tlsOptions = ${tlsOptions})),
    (name = "nowhere", network = (allow = [])),
    (name = "storage", disk = (path = ${text(options.storageFolder)}, writable = true)),
  ],
  sockets = [(name = "http", address = ${text(options.address)}, http = (), service = "gateway")],
  # Two cores serve Postgres, Node and this process: a garbage collector on threads of its own makes the slowest requests
  # slower. New objects get 2 MB instead of 16, which fits a core's cache: pauses of 1 ms instead of 20, and the objects of a
  # request live no longer than that.
  v8Flags = ["--single-threaded-gc", "--max-semi-space-size=2"],
);

const gateway :Workerd.Worker = (
  modules = [(name = "gateway", esModule = embed ${text(options.script)})],
  compatibilityDate = ${text(COMPATIBILITY_DATE)},
  compatibilityFlags = [${COMPATIBILITY_FLAGS.map(text).join(', ')}],
  bindings = [
    ${bindings.join(',\n    ')},
  ],
  globalOutbound = "nowhere",
  durableObjectNamespaces = [
    (className = "KeyLimiter", uniqueKey = "db9-key-limiter", enableSql = true),
    (className = "DatabaseObject", uniqueKey = "db9-database", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "storage"),
);
`
}

/** A string literal of Cap'n Proto, whose escapes are those of JSON, except \\u. */
function text(value: string): string {
  if (/[^\n\x20-\x7e]/.test(value))
    throw new TypeError(`the workerd configuration cannot hold ${JSON.stringify(value)}`)
  return JSON.stringify(value)
}
