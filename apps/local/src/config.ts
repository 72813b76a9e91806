/** The configuration of a start: what the environment says, what options say instead, and what follows from both. */
import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ControlApiDeps } from '@db9/control-api'
import type { EmbeddedOptions, IsolationSetting, UidRange } from '@db9/engine'
import { StartError } from '@db9/process/start-error'
import { type Environment, readVariables } from '@db9/process/variables'
import { LOCAL_VARIABLES, type LocalValues } from './variables.ts'

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
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/** The configuration of this start. Throws a `StartError` that names the variables whose values make no sense. */
export function parseConfig(options: LocalOptions, env: Environment): LocalConfig {
  const values = readVariables(LOCAL_VARIABLES, env)
  const host = options.host ?? values.host
  const isLocal = isLoopback(host)
  const port = options.port ?? values.port
  const pgPort = options.pgPort ?? values.pgPort
  if (port === pgPort && port !== 0) {
    throw new StartError(`DB9_PORT and DB9_PG_PORT are both ${port}. Set one of them to another port.`)
  }
  return {
    ...values,
    home: options.home ?? values.home ?? join(CHECKOUT, '.db9'),
    host,
    port,
    pgPort,
    pgPublicHost: values.pgPublicHost ?? publicHost(host),
    gateway: parseGateway(options, values),
    allowLocalJwks: options.allowLocalJwks ?? values.allowLocalJwks ?? isLocal,
    anonymousRegistration: options.anonymousRegistration ?? values.anonymousRegistration ?? isLocal,
    isRegistrationSet: (options.anonymousRegistration ?? values.anonymousRegistration) !== null,
    failedRequests: options.failedRequests ?? values.failedRequests,
    allowedHosts: allowedHosts(values.allowedHosts, isLocal),
    backups: backupsOf(values),
    poolSize: options.poolSize ?? values.poolSize,
    maxRunning: options.maxRunning ?? values.maxRunning ?? runningByMemory(),
    connectionsPerClient: options.connectionsPerClient ?? values.connectionsPerClient,
    onProgress: options.onProgress ?? (() => {}),
  }
}

function backupsOf({ backups, s3Endpoint, s3Region }: LocalValues): EmbeddedOptions['backups'] {
  if (backups === null) return undefined
  return { location: backups, s3Endpoint: s3Endpoint ?? undefined, s3Region: s3Region ?? undefined }
}

/** Half of the machine's memory, at what a database takes that is used now and then; asleep it takes none. */
function runningByMemory(): number {
  return Math.max(8, Math.floor(totalmem() / 2 / RUNNING_BYTES))
}

const RUNNING_BYTES = 32 * 2 ** 20

function parseGateway(options: LocalOptions, values: LocalValues): GatewayPlace {
  const origin = options.gatewayUrl ?? values.gatewayUrl
  if (origin === null) return { kind: 'here' }
  return {
    kind: 'elsewhere',
    origin,
    controlPort: options.controlPort ?? values.controlPort,
    sqlPort: options.sqlPort ?? values.sqlPort,
  }
}

/** On loopback, where a name that is not ours can only be one that was pointed at this machine, ours are added. */
function allowedHosts(names: string, isLocal: boolean): string {
  return [...(names === '' ? [] : [names]), ...(isLocal ? LOOPBACK_NAMES : [])].join()
}

/** The address to show: one that works in a browser on this machine, also where the stack listens on all of them. */
export function publicHost(host: string): string {
  return host === '0.0.0.0' || host === '::' || host === '127.0.0.1' ? 'localhost' : host
}
