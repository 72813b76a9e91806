/** The gateway in workerd on this machine: its configuration and its start. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Closers } from '@db9/process/closers'
import { logPath } from '@db9/process/logs'
import { writePrivateFile } from '@db9/process/private-file'
import type { Logger } from 'pino'
import { buildGateway, SECRET_VARIABLES, workerdConfig } from '../build.ts'
import { gatewayCaps } from './connection-caps.ts'
import { gatewayFiles } from './files.ts'
import { addressIn } from './listener/client-network.ts'
import type { Refusals } from './listener/refusals.ts'
import type { GatewayValues } from './variables.ts'
import { startWorkerd } from './workerd.ts'

/** Where these are left out, the Worker's own defaults hold. */
type Pace = Pick<GatewayValues, 'bodyGraceMs' | 'bodyTimeoutMs' | 'dataProxyWire' | 'replyIdleMs'>

export interface GatewayStart
  extends Omit<
      GatewayValues,
      keyof Pace | 'controlUrl' | 'dataProxyUrl' | 'functionsUrl' | 'internalSecret' | 'keySecret'
    >,
    Partial<Pace> {
  /** `host:port` of the two parts behind it. */
  control: string
  dataProxy: string
  /** The same of the functions part; null where there is none. */
  functions: string | null
  secrets: { internal: string; key: string }
  /** Files and connections that a process may have open. */
  openFiles: number
  log: Logger
}

/** Bundles the Worker and runs it in workerd; it listens when this resolves. What it begins is added to `closers`. */
export async function startGateway(options: GatewayStart, closers: Closers): Promise<{ port: number }> {
  const { home, secrets, metricsToken, log } = options
  const files = gatewayFiles(home)
  mkdirSync(join(files.folder, 'objects'), { recursive: true, mode: 0o700 })
  await buildGateway(join(files.folder, 'gateway.js'))
  writePrivateFile(
    files.configPath,
    workerdConfig({
      ...options,
      script: 'gateway.js',
      address: '127.0.0.1:0',
      storageFolder: 'objects',
      metrics: metricsToken !== null,
    }),
  )
  const values = { DB9_KEY_SECRET: secrets.key, DB9_INTERNAL_SECRET: secrets.internal }
  const workerd = await startWorkerd({
    ...files,
    host: options.host,
    port: options.port,
    connections: gatewayCaps(options),
    trustedProxies: options.trustedProxies,
    onFull: (isFull) => log.warn({ refused: isFull ? 'everybody' : [] }, 'new connections'),
    onRefusals: (refusals) => log.warn(describeRefusals(refusals), 'new connections'),
    logPath: logPath(home, 'gateway'),
    env: {
      ...Object.fromEntries(SECRET_VARIABLES.map((name) => [name, values[name]])),
      ...(metricsToken !== null && { DB9_METRICS_TOKEN: metricsToken }),
    },
  })
  closers.add(workerd.stop)
  return { port: workerd.port }
}

function describeRefusals(refusals: Refusals): Record<string, unknown> {
  if (refusals.kind === 'none') return { refused: [] }
  return { refused: refusals.clients.slice(0, 10).map(addressIn), clients: refusals.clients.length }
}
