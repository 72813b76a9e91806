/** The configuration of a start: what the environment says, what options say instead, and what follows from both. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ControlApiDeps } from '@db9/control-api'
import { type EngineSettings, engineSettings } from '@db9/control-api/start'
import { allowedHostsOn } from '@db9/gateway/launch/variables'
import { isLoopback, publicHost } from '@db9/process/hosts'
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
  /** Whether clients of it may connect without TLS. */
  pgTls?: 'allowed' | 'required'
  /** Where a gateway elsewhere serves; then none is started here, and these two ports wait for it. */
  gatewayUrl?: string
  controlPort?: number
  sqlPort?: number
  allowLocalJwks?: boolean
  anonymousRegistration?: boolean
  /** As DB9_OIDC_PROVIDERS lists them. */
  identityProviders?: unknown[]
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

export interface LocalConfig
  extends Omit<LocalValues, keyof EngineSettings | 'gatewayUrl' | 'controlPort' | 'sqlPort'> {
  home: string
  engine: EngineSettings
  gateway: GatewayPlace
  /** The host of connection strings. */
  pgPublicHost: string
  allowLocalJwks: boolean
  anonymousRegistration: boolean
  /** Whether it was set, and does not only follow from the host. */
  isRegistrationSet: boolean
  onProgress: (text: string) => void
}

const CHECKOUT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

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
    pgTls: options.pgTls ?? values.pgTls,
    pgPublicHost: values.pgPublicHost ?? publicHost(host),
    gateway: parseGateway(options, values),
    allowLocalJwks: options.allowLocalJwks ?? values.allowLocalJwks ?? isLocal,
    anonymousRegistration: options.anonymousRegistration ?? values.anonymousRegistration ?? isLocal,
    identityProviders: options.identityProviders ?? values.identityProviders,
    isRegistrationSet: (options.anonymousRegistration ?? values.anonymousRegistration) !== null,
    failedRequests: options.failedRequests ?? values.failedRequests,
    allowedHosts: allowedHostsOn(host, values.allowedHosts),
    engine: engineSettings({
      ...values,
      poolSize: options.poolSize ?? values.poolSize,
      maxRunning: options.maxRunning ?? values.maxRunning,
    }),
    connectionsPerClient: options.connectionsPerClient ?? values.connectionsPerClient,
    onProgress: options.onProgress ?? (() => {}),
  }
}

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
