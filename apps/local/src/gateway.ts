/** The gateway in workerd on this machine: its configuration and its start. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildGateway, SECRET_VARIABLES, workerdConfig } from '@db9/gateway/build'
import { StartError } from '@db9/process/start-error'
import type { Logger } from 'pino'
import type { LocalConfig } from './config.ts'
import { gatewayCaps } from './connection-caps.ts'
import type { GatewayFiles } from './gateway-files.ts'
import { addressIn } from './listener/client-network.ts'
import type { Refusals } from './listener/refusals.ts'
import { logPath } from './logs.ts'
import { type InstallSecrets, writePrivateFile } from './secrets.ts'
import { type RunningWorkerd, startWorkerd } from './workerd.ts'

export interface GatewayOptions {
  config: LocalConfig
  secrets: InstallSecrets
  controlPort: number
  sqlPort: number
  /** Files and connections that a process may have open. */
  openFiles: number
  log: Logger
}

const HEALTH_TIMEOUT_MS = 15_000

/** Bundles the Worker and runs it in workerd; it listens when this resolves. */
export async function startGateway(files: GatewayFiles, options: GatewayOptions): Promise<RunningWorkerd> {
  const { config, secrets } = options
  mkdirSync(join(files.folder, 'objects'), { recursive: true, mode: 0o700 })
  await buildGateway(join(files.folder, 'gateway.js'))
  writePrivateFile(
    files.configPath,
    workerdConfig({
      script: 'gateway.js',
      address: '127.0.0.1:0',
      control: `127.0.0.1:${options.controlPort}`,
      dataProxy: `127.0.0.1:${options.sqlPort}`,
      storageFolder: 'objects',
      allowLocalJwks: config.allowLocalJwks,
      jwksCertificates: config.jwksCertificates,
      dataDomain: config.dataDomain,
      trustedProxies: config.trustedProxies,
      allowedHosts: config.allowedHosts,
      metrics: config.metricsToken !== null,
      failedRequests: config.failedRequests,
    }),
  )
  const values = { DB9_KEY_SECRET: secrets.key, DB9_INTERNAL_SECRET: secrets.internal }
  return startWorkerd({
    ...files,
    host: config.host,
    port: config.port,
    connections: gatewayCaps({ ...config, openFiles: options.openFiles }),
    trustedProxies: config.trustedProxies,
    onFull: (isFull) => options.log.warn({ refused: isFull ? 'everybody' : [] }, 'new connections'),
    onRefusals: (refusals) => options.log.warn(describeRefusals(refusals), 'new connections'),
    logPath: logPath(config.home, 'gateway'),
    env: {
      ...Object.fromEntries(SECRET_VARIABLES.map((name) => [name, values[name]])),
      ...(config.metricsToken !== null && { DB9_METRICS_TOKEN: config.metricsToken }),
    },
  })
}

function describeRefusals(refusals: Refusals): Record<string, unknown> {
  if (refusals.kind === 'none') return { refused: [] }
  return { refused: refusals.clients.slice(0, 10).map(addressIn), clients: refusals.clients.length }
}

/** An address of this machine on which a listener on `host` answers. */
export function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

/** Waits until the gateway and the parts behind it really serve. */
export async function untilHealthy(origin: string, signal?: AbortSignal): Promise<void> {
  const url = `${origin}/healthz`
  let last = 'no answer'
  for (const end = Date.now() + HEALTH_TIMEOUT_MS; Date.now() < end; ) {
    signal?.throwIfAborted()
    try {
      const response = await fetch(url)
      if (response.ok) return
      last = `${response.status} ${(await response.text()).slice(0, 200)}`
    } catch (error) {
      last = String(error)
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new StartError(
    `The gateway listens but does not serve (${url}: ${last}). See the logs in DB9_HOME/logs.`,
  )
}
