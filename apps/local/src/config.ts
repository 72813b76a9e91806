/** Configuration: environment variables and options, parsed. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { homedir, totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ControlApiDeps } from '@db9/control-api'
import type { EmbeddedOptions, IsolationSetting, UidRange } from '@db9/engine'
import { StartError } from './errors.ts'

/** What `startLocal` takes; whatever is left out comes from the environment, then from the defaults of the README. */
export interface LocalOptions {
  /** Data folder. */
  home?: string
  /** Address to listen on. Anything but loopback switches anonymous registration and local JWKS URLs off. */
  host?: string
  /** Port of the gateway; 0 chooses a free one. */
  port?: number
  /** Port of the Postgres wire protocol; 0 chooses a free one. */
  pgPort?: number
  /** Where a gateway elsewhere serves; then none is started here, and these two ports wait for it. */
  gatewayUrl?: string
  controlPort?: number
  sqlPort?: number
  allowLocalJwks?: boolean
  anonymousRegistration?: boolean
  /** Databases kept ready for the next creates. */
  poolSize?: number
  /** Databases that may run at once. */
  maxRunning?: number
  /** Connections to the gateway that one address may have. */
  connectionsPerClient?: number
  /** Requests of one address that may fail each second before the gateway refuses them unseen; 0: any number. */
  failedRequests?: number
  /** Called with one short line for every step that a person may have to wait for. */
  onProgress?: (text: string) => void
  /** Told before and after each step of each operation of the control API. */
  onJobPoint?: NonNullable<ControlApiDeps['onJobPoint']>
  /** Another port by which the gateway reaches a part than its own; for tests that cut the way between them. */
  reach?: (part: 'control' | 'data-proxy', port: number) => Promise<number>
  /** Gives the start up: what was begun is ended, and `startLocal` rejects. */
  signal?: AbortSignal
}

/**
 * The gateway of this stack: in workerd on this machine, or elsewhere (on Cloudflare, say), reaching the control API and
 * the data proxy through a tunnel or proxy of the operator's to two fixed ports of loopback.
 */
export type GatewayPlace =
  | { kind: 'here' }
  | { kind: 'elsewhere'; origin: string; controlPort: number; sqlPort: number }

export interface LocalConfig {
  home: string
  host: string
  port: number
  pgPort: number
  /** The host of connection strings. */
  pgPublicHost: string
  gateway: GatewayPlace
  allowLocalJwks: boolean
  /** Certificates, PEM, that vouch for key sets' servers beside those that browsers trust. */
  jwksCertificates: string | null
  anonymousRegistration: boolean
  /** Whether it was set, and does not only follow from the host. */
  isRegistrationSet: boolean
  trustedProxies: string
  dataDomain: string
  /** Host names that the REST API answers to; empty for any. */
  allowedHosts: string
  /** What a Prometheus sends to read the gateway's counters; null: they are not served. */
  metricsToken: string | null
  failedRequests: number
  poolSize: number
  /** How long a deleted database can be recovered, and how long a backup outlives one that cannot. */
  recoveryDays: number
  backupRetentionDays: number
  /** For how long an operation that has ended can be read. */
  operationRetentionDays: number
  /** For how long what an anonymous account did is kept in the audit log. */
  anonymousAuditDays: number
  /** Every moment of so many days can be branched. */
  restoreWindowDays: number
  /** Where backups go; undefined: a folder beside the databases. */
  backups: EmbeddedOptions['backups']
  maxRunning: number
  isolation: IsolationSetting
  /** As root: the users that servers run as; null: the engine's own. */
  uidRange: UidRange | null
  /** A folder of PostgreSQL binaries to consider. */
  postgresFolder: string | null
  /** The disk quota of databases for which none is set; null: none. */
  diskQuotaBytes: number | null
  /** That of databases which anonymous accounts make; null: the same. */
  anonymousDiskQuotaBytes: number | null
  /** Connections to the gateway, and to the Postgres port, that one address (IPv6: one /64) may have. */
  connectionsPerClient: number
  onProgress: (text: string) => void
}

const CHECKOUT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/** The configuration of this start. Throws a `StartError` that names the variable where a value makes no sense. */
export function parseConfig(options: LocalOptions, env: Record<string, string | undefined>): LocalConfig {
  const host = options.host ?? env.DB9_HOST ?? '127.0.0.1'
  const isLocal = isLoopback(host)
  const port = options.port ?? parsePort('DB9_PORT', env.DB9_PORT, 9009)
  const pgPort = options.pgPort ?? parsePort('DB9_PG_PORT', env.DB9_PG_PORT, 5433)
  if (port === pgPort && port !== 0) {
    throw new StartError(`DB9_PORT and DB9_PG_PORT are both ${port}. Set one of them to another port.`)
  }
  return {
    home: parseHome(options.home ?? env.DB9_HOME ?? join(CHECKOUT, '.db9')),
    host: host === 'localhost' ? '127.0.0.1' : host,
    port,
    pgPort,
    pgPublicHost: env.DB9_PG_PUBLIC_HOST || publicHost(host),
    gateway: parseGateway(options, env),
    allowLocalJwks:
      options.allowLocalJwks ?? parseSwitch('DB9_ALLOW_LOCAL_JWKS', env.DB9_ALLOW_LOCAL_JWKS, isLocal),
    jwksCertificates: readCertificates(env.DB9_JWKS_CA ?? ''),
    anonymousRegistration:
      options.anonymousRegistration ??
      parseSwitch('DB9_ANONYMOUS_REGISTRATION', env.DB9_ANONYMOUS_REGISTRATION, isLocal),
    isRegistrationSet: options.anonymousRegistration !== undefined || Boolean(env.DB9_ANONYMOUS_REGISTRATION),
    trustedProxies: parseProxies(env.DB9_TRUSTED_PROXIES ?? ''),
    dataDomain: env.DB9_DATA_DOMAIN ?? '',
    metricsToken: parseMetricsToken(env.DB9_METRICS_TOKEN ?? ''),
    failedRequests:
      options.failedRequests ??
      parseCount('DB9_FAILED_REQUESTS', env.DB9_FAILED_REQUESTS, { fallback: 20, most: 100_000 }),
    allowedHosts: parseHosts(env.DB9_ALLOWED_HOSTS ?? '', isLocal),
    recoveryDays: parseCount('DB9_RECOVERY_DAYS', env.DB9_RECOVERY_DAYS, { fallback: 7, most: 3_650 }),
    restoreWindowDays: parseCount('DB9_RESTORE_WINDOW_DAYS', env.DB9_RESTORE_WINDOW_DAYS, {
      fallback: 7,
      least: 1,
      most: 365,
    }),
    backupRetentionDays: parseCount('DB9_BACKUP_RETENTION_DAYS', env.DB9_BACKUP_RETENTION_DAYS, {
      fallback: 30,
      most: 3_650,
    }),
    anonymousAuditDays: parseCount('DB9_ANONYMOUS_AUDIT_DAYS', env.DB9_ANONYMOUS_AUDIT_DAYS, {
      fallback: 30,
      most: 3_650,
    }),
    operationRetentionDays: parseCount('DB9_OPERATION_RETENTION_DAYS', env.DB9_OPERATION_RETENTION_DAYS, {
      fallback: 30,
      least: 1,
      most: 3_650,
    }),
    backups: env.DB9_BACKUPS
      ? { location: env.DB9_BACKUPS, s3Endpoint: env.DB9_S3_ENDPOINT, s3Region: env.DB9_S3_REGION }
      : undefined,
    poolSize:
      options.poolSize ?? parseCount('DB9_POOL_SIZE', env.DB9_POOL_SIZE, { fallback: 16, most: 1_000 }),
    maxRunning:
      options.maxRunning ??
      parseCount('DB9_MAX_RUNNING', env.DB9_MAX_RUNNING, {
        fallback: runningByMemory(),
        least: 1,
        most: 100_000,
      }),
    connectionsPerClient:
      options.connectionsPerClient ??
      parseCount('DB9_CONNECTIONS_PER_CLIENT', env.DB9_CONNECTIONS_PER_CLIENT, {
        fallback: 2_000,
        least: 10,
        most: 999_999,
      }),
    isolation: parseIsolation(env.DB9_ISOLATION),
    uidRange: parseUidRange(env.DB9_UID_RANGE),
    postgresFolder: env.DB9_PG_FOLDER ? resolve(env.DB9_PG_FOLDER) : null,
    diskQuotaBytes: parseQuota('DB9_DISK_QUOTA_MB', env.DB9_DISK_QUOTA_MB),
    anonymousDiskQuotaBytes: parseAnonymousQuota(env.DB9_ANONYMOUS_DISK_QUOTA_MB),
    onProgress: options.onProgress ?? (() => {}),
  }
}

function parseIsolation(text: string | undefined): IsolationSetting {
  const value = text === undefined || text === '' ? 'auto' : text
  if (value === 'auto' || value === 'on' || value === 'off') return value
  throw new StartError(
    `DB9_ISOLATION is "${text}". Set it to "on" (refuse to start without), "off" (never), or leave it out.`,
  )
}

/** Uids and gids are 32 bits, of which the highest two have a meaning of their own. */
const MAX_UID = 2 ** 32 - 3

function parseUidRange(text: string | undefined): UidRange | null {
  if (text === undefined || text === '') return null
  const [, first = '', last = ''] = /^(\d{1,10})-(\d{1,10})$/.exec(text) ?? []
  const range = { first: Number(first), last: Number(last) }
  if (first !== '' && range.first > 0 && range.first < range.last && range.last <= MAX_UID) return range
  throw new StartError(
    `DB9_UID_RANGE is "${text}". Set it to the first and the last of a range of unused user ids, 200000-299999.`,
  )
}

function readCertificates(path: string): string | null {
  if (path === '') return null
  try {
    const text = readFileSync(path, 'utf8')
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text
  } catch {}
  throw new StartError(
    `DB9_JWKS_CA is ${path}, where no certificates can be read. Name a file of them in PEM.`,
  )
}

function parseQuota(name: string, text: string | undefined): number | null {
  const megabytes = parseCount(name, text, { fallback: 0, least: 64, most: 999_999 })
  return megabytes === 0 ? null : megabytes * 2 ** 20
}

const ANONYMOUS_QUOTA_MB = 512

function parseAnonymousQuota(text: string | undefined): number | null {
  if (text === 'none') return null
  return parseQuota('DB9_ANONYMOUS_DISK_QUOTA_MB', text || String(ANONYMOUS_QUOTA_MB))
}

/** Half of the machine's memory, at what a database takes that is used now and then; asleep it takes none. */
function runningByMemory(): number {
  return Math.max(8, Math.floor(totalmem() / 2 / RUNNING_BYTES))
}

const RUNNING_BYTES = 32 * 2 ** 20

function parseGateway(options: LocalOptions, env: Record<string, string | undefined>): GatewayPlace {
  const text = options.gatewayUrl ?? env.DB9_GATEWAY_URL ?? ''
  if (text === '') return { kind: 'here' }
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    throw new StartError(
      `DB9_GATEWAY_URL is "${text}". Set it to the origin of the gateway, https://db9.example.com.`,
    )
  }
  return {
    kind: 'elsewhere',
    origin: url.origin,
    controlPort: options.controlPort ?? parsePort('DB9_CONTROL_PORT', env.DB9_CONTROL_PORT, 9010),
    sqlPort: options.sqlPort ?? parsePort('DB9_SQL_PORT', env.DB9_SQL_PORT, 9011),
  }
}

/** The address to show: one that works in a browser on this machine, also where the stack listens on all of them. */
export function publicHost(host: string): string {
  return host === '0.0.0.0' || host === '::' || host === '127.0.0.1' ? 'localhost' : host
}

function parseHome(text: string): string {
  const path = text.startsWith('~/') ? join(homedir(), text.slice(2)) : text
  if (path.includes('\0') || path.trim() === '') {
    throw new StartError('DB9_HOME is not a path. Set it to a folder that may be created, or leave it out.')
  }
  return resolve(path)
}

function parsePort(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined || text === '') return fallback
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port >= 0 && port <= 65_535)) {
    throw new StartError(`${name} is "${text}", which is not a port. Set it to a number from 1 to 65535.`)
  }
  return port
}

function parseCount(
  name: string,
  text: string | undefined,
  { fallback, least = 0, most }: { fallback: number; least?: number; most: number },
): number {
  if (text === undefined || text === '') return fallback
  const count = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (count >= least && count <= most) return count
  throw new StartError(`${name} is "${text}". Set it to a number from ${least} to ${most}.`)
}

/** On loopback, where a name that is not ours can only be one that was pointed at this machine, ours are added. */
function parseHosts(text: string, isLocal: boolean): string {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const odd = names.find((name) => !/^[a-z0-9.-]+$|^\[[0-9a-f:]+\]$/i.test(name))
  if (odd !== undefined) {
    throw new StartError(
      `DB9_ALLOWED_HOSTS has "${odd}". Set it to host names without port, separated by commas.`,
    )
  }
  return [...names, ...(isLocal ? ['localhost', '127.0.0.1', '[::1]'] : [])].join()
}

function parseMetricsToken(text: string): string | null {
  if (text === '') return null
  if (text.length >= 16) return text
  throw new StartError('DB9_METRICS_TOKEN is shorter than 16 characters. Set it to a long random text.')
}

function parseSwitch(name: string, text: string | undefined, fallback: boolean): boolean {
  if (text === undefined || text === '') return fallback
  if (text === '1' || text === 'true') return true
  if (text === '0' || text === 'false') return false
  throw new StartError(`${name} is "${text}". Set it to 1 or 0.`)
}

/** Addresses and CIDR blocks, separated by commas; handed on as they stand. */
function parseProxies(text: string): string {
  for (const item of text.split(',').map((part) => part.trim())) {
    const [address = '', bits = '0', extra] = item.split('/')
    const width = { 4: 32, 6: 128 }[isIP(address)]
    if (
      item === '' ||
      (width !== undefined && extra === undefined && /^\d+$/.test(bits) && Number(bits) <= width)
    ) {
      continue
    }
    throw new StartError(
      `DB9_TRUSTED_PROXIES holds "${item}". Set it to addresses or blocks such as 10.0.0.0/8, separated by commas.`,
    )
  }
  return text
}
