/** Starts all parts on one machine, and stops them. */
import { openHome, startControlApi } from '@db9/control-api/start'
import { createControlClient } from '@db9/data-proxy'
import { startDataProxy } from '@db9/data-proxy/start'
import { startFunctions } from '@db9/functions/start'
import { endOrphanedWorkerd, startGateway, untilHealthy } from '@db9/gateway/launch'
import { Closers } from '@db9/process/closers'
import { raiseOpenFiles } from '@db9/process/file-limit'
import { isLoopback, publicHost, reachableHost } from '@db9/process/hosts'
import { fileLogger } from '@db9/process/logs'
import { requireFreePort } from '@db9/process/ports'
import { type LocalConfig, type LocalOptions, parseConfig } from './config.ts'

const LOOPBACK = '127.0.0.1'

export interface LocalStack {
  /** Where the gateway serves, `http://localhost:9009`. */
  url: string
  pgHost: string
  pgPort: number
  /** Where the data proxy answers SQL over HTTP, on this machine alone. */
  sqlUrl: string
  /** On loopback: what a gateway asks. */
  controlPort: number
  sqlPort: number
  home: string
  /** Where the databases lie; outside `home` where Postgres' own user could not reach it there. */
  dataFolder: string
  ownerToken: string
  stop(): Promise<void>
}

/**
 * Starts the whole product: engine, control API and data proxy in this process, the gateway in workerd. Resolves when
 * each part really serves. Throws a `StartError` that says what to do, with nothing left running.
 */
export async function startLocal(options: LocalOptions = {}): Promise<LocalStack> {
  const config = parseConfig(options, process.env)
  const { signal, reach = async (_, port) => port } = options
  const { gateway: place } = config
  const closers = new Closers()
  signal?.addEventListener('abort', () => void closers.close(), { once: true })
  try {
    const openFiles = raiseOpenFiles()
    const home = openHome(config.home, closers)
    await endOrphanedWorkerd(config.home)
    await requireFreePorts(config)
    signal?.throwIfAborted()

    const isTlsRequired = config.pgTls === 'required'
    const pgAddress = { host: config.pgPublicHost, port: config.pgPort, isTlsRequired }
    let gatewayOrigin: string | undefined
    let proxyOrigin: string | undefined
    let functionsOrigin: string | undefined
    const control = await startControlApi(
      {
        ...config,
        home,
        reachedBy: isLoopback(config.host) ? null : `DB9_HOST is ${config.host}`,
        listen: { host: LOOPBACK, port: place.kind === 'here' ? 0 : place.controlPort },
        pgAddress: () => pgAddress,
        gatewayOrigin: () => gatewayOrigin,
        dataProxyOrigin: () => proxyOrigin,
        functionsOrigin: () => functionsOrigin,
        onJobPoint: options.onJobPoint,
        signal,
      },
      closers,
    )

    const { internal: internalSecret } = home.secrets
    const proxy = await startDataProxy(
      {
        ...config,
        internalHost: LOOPBACK,
        sqlPort: place.kind === 'here' ? 0 : place.sqlPort,
        internalSecret,
        control: await createControlClient({ fetch: control.fetch, internalSecret }),
        openFiles,
      },
      closers,
    )
    proxyOrigin = `http://${LOOPBACK}:${proxy.sqlPort}`
    pgAddress.port = proxy.pgPort

    const functions = await startFunctions(
      {
        home: config.home,
        internalHost: LOOPBACK,
        functionsPort: 0,
        internalSecret,
        isolation: config.engine.isolation,
        fetchControl: async (path, init) => control.fetch(new Request(`http://control${path}`, init)),
        dataProxyOrigin: () => proxyOrigin,
      },
      closers,
    )
    functionsOrigin = `http://${LOOPBACK}:${functions.port}`

    const ports = {
      controlPort: await reach('control', control.port),
      sqlPort: await reach('data-proxy', proxy.sqlPort),
    }
    let url: string
    if (place.kind === 'elsewhere') {
      gatewayOrigin = place.origin
      url = place.origin
    } else {
      const log = fileLogger(config.home, 'listener')
      closers.add(() => log.close())
      const parts = {
        control: `${LOOPBACK}:${ports.controlPort}`,
        dataProxy: `${LOOPBACK}:${ports.sqlPort}`,
        functions: `${LOOPBACK}:${functions.port}`,
      }
      const gateway = await startGateway(
        { ...config, ...parts, secrets: home.secrets, openFiles, log },
        closers,
      )
      gatewayOrigin = `http://${reachableHost(config.host)}:${gateway.port}`
      await untilHealthy(gatewayOrigin, signal)
      url = `http://${publicHost(config.host)}:${gateway.port}`
    }
    home.announce(url)

    return {
      url,
      pgHost: pgAddress.host,
      pgPort: pgAddress.port,
      sqlUrl: `${proxyOrigin}/sql`,
      ...ports,
      home: config.home,
      dataFolder: control.dataFolder,
      ownerToken: control.ownerToken,
      stop: () => closers.close(),
    }
  } catch (error) {
    await closers.close()
    throw error
  }
}

/** What is in the way is said before anything starts. */
async function requireFreePorts({ host, port, pgPort, gateway }: LocalConfig): Promise<void> {
  const onLoopback = { hostName: 'DB9_HOST', host: LOOPBACK }
  const listeners =
    gateway.kind === 'here'
      ? [{ name: 'DB9_PORT', hostName: 'DB9_HOST', host, port }]
      : [
          { name: 'DB9_CONTROL_PORT', ...onLoopback, port: gateway.controlPort },
          { name: 'DB9_SQL_PORT', ...onLoopback, port: gateway.sqlPort },
        ]
  for (const listener of listeners) await requireFreePort(listener)
  await requireFreePort({ name: 'DB9_PG_PORT', hostName: 'DB9_HOST', host, port: pgPort })
}
