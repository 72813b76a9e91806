/** Starts all parts on one machine, and stops them. */
import { type ControlApi, createControlApi, dataProxyCalls, invalidationPush } from '@db9/control-api'
import { createControlClient, createDataProxy } from '@db9/data-proxy'
import { createEmbeddedEngine, startMetadataServer } from '@db9/engine'
import { Closers } from './closers.ts'
import { type LocalConfig, type LocalOptions, parseConfig, publicHost } from './config.ts'
import { wireCaps } from './connection-caps.ts'
import { raiseOpenFiles } from './file-limit.ts'
import { reachableHost, startGateway, untilHealthy } from './gateway.ts'
import { gatewayFiles } from './gateway-files.ts'
import { makeHome } from './home.ts'
import { admitStrangers } from './isolation.ts'
import { lockHome } from './lock.ts'
import { fileLogger } from './logs.ts'
import { requireFreePort } from './ports.ts'
import { loadSecrets, readOwnerToken, writeOwnerToken } from './secrets.ts'
import { serveHttp } from './serve-http.ts'
import { endOrphanedWorkerd } from './workerd.ts'

const DAY_MS = 86_400_000

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
  const closers = new Closers()
  signal?.addEventListener('abort', () => void closers.close(), { once: true })
  try {
    const openFiles = raiseOpenFiles()
    makeHome(config.home)
    const lock = lockHome(config.home)
    closers.add(lock.release)
    const files = gatewayFiles(config.home)
    await endOrphanedWorkerd(files)
    await requireFreePorts(config)
    await requireFreePort('DB9_PG_PORT', config.host, config.pgPort)
    const secrets = loadSecrets(config.home)
    signal?.throwIfAborted()

    let proxyOrigin: string | undefined
    const proxyCalls = dataProxyCalls({ internalSecret: secrets.internal, origin: () => proxyOrigin })
    const placed = { ...config, loginKey: secrets.logins, ...(signal && { signal }) }
    let shares: ControlApi['sharesOf'] = async () => []
    const engine = await createEmbeddedEngine({
      ...placed,
      release: proxyCalls.release,
      sharesOf: (id) => shares(id),
    })
    closers.add(() => engine.close())
    const { anonymousRegistration } = admitStrangers(config, engine.facts())
    const metadata = await startMetadataServer(placed)
    closers.add(() => metadata.stop())
    signal?.throwIfAborted()

    const log = fileLogger(config.home, 'control-api')
    const proxyLog = fileLogger(config.home, 'data-proxy')
    closers.add(() => log.close())
    closers.add(() => proxyLog.close())
    const pgAddress = { host: config.pgPublicHost, port: config.pgPort }
    let gatewayOrigin: string | undefined
    const control = await createControlApi(
      {
        metadata: metadata.connection,
        internalSecret: secrets.internal,
        keySecret: secrets.key,
        encryptionKey: secrets.encryption,
        pgAddress: () => pgAddress,
        anonymousRegistration,
        anonymousDiskQuotaBytes: config.anonymousDiskQuotaBytes,
        allowLocalJwks: config.allowLocalJwks,
        maxRunning: config.maxRunning,
        retention: {
          deletedDatabasesMs: config.recoveryDays * DAY_MS,
          backupsMs: config.backupRetentionDays * DAY_MS,
          operationsMs: config.operationRetentionDays * DAY_MS,
          anonymousAuditMs: config.anonymousAuditDays * DAY_MS,
        },
      },
      {
        engine,
        notifyInvalidation: invalidationPush({
          internalSecret: secrets.internal,
          origin: () => gatewayOrigin,
        }),
        notifyProxy: proxyCalls.notify,
        ...(options.onJobPoint && { onJobPoint: options.onJobPoint }),
        log,
      },
    )
    closers.add(() => control.close())
    shares = control.sharesOf
    await control.migrate()
    const ownerToken = await ownerTokenOf(control, config.home)
    const { failed, cleared } = await engine.reconcile(await control.knownData())
    for (const { name, error } of failed) log.error({ err: error, folder: name }, 'not taken over or removed')
    void cleared.then((left) => {
      for (const { name, error } of left) log.error({ err: error, folder: name }, 'not removed')
    })
    // In the background: a copy that goes on may take minutes, and the rest need not wait for it.
    void control.resumeJobs().catch((error: unknown) => log.error({ err: error }, 'not resumed'))
    const { gateway: place } = config
    const controlServer = await serveHttp(control.fetch, place.kind === 'here' ? 0 : place.controlPort)
    closers.add(controlServer.close)

    const proxy = await createDataProxy({
      host: config.host,
      pgPort: config.pgPort,
      httpHost: '127.0.0.1',
      httpPort: place.kind === 'here' ? 0 : place.sqlPort,
      internalSecret: secrets.internal,
      control: await createControlClient({ fetch: control.fetch, internalSecret: secrets.internal }),
      log: proxyLog,
      connectionCaps: wireCaps({ ...config, openFiles }),
    })
    const proxyPorts = await proxy.listen()
    proxyOrigin = `http://127.0.0.1:${proxyPorts.httpPort}`
    closers.add(() => proxy.close())
    pgAddress.port = proxyPorts.pgPort

    const ports = {
      controlPort: await reach('control', controlServer.port),
      sqlPort: await reach('data-proxy', proxyPorts.httpPort),
    }
    let url: string
    if (place.kind === 'elsewhere') {
      gatewayOrigin = place.origin
      url = place.origin
    } else {
      const gateway = await startGateway(files, { config, secrets, ...ports, openFiles, log })
      closers.add(gateway.stop)
      gatewayOrigin = `http://${reachableHost(config.host)}:${gateway.port}`
      await untilHealthy(gatewayOrigin, signal)
      url = `http://${publicHost(config.host)}:${gateway.port}`
    }
    lock.announce(url)

    return {
      url,
      pgHost: pgAddress.host,
      pgPort: pgAddress.port,
      sqlUrl: `${proxyOrigin}/sql`,
      ...ports,
      home: config.home,
      dataFolder: engine.dataFolder,
      ownerToken,
      stop: () => closers.close(),
    }
  } catch (error) {
    await closers.close()
    throw error
  }
}

/** What is in the way is said before anything starts. */
async function requireFreePorts({ host, port, gateway }: LocalConfig): Promise<void> {
  if (gateway.kind === 'here') return requireFreePort('DB9_PORT', host, port)
  await requireFreePort('DB9_CONTROL_PORT', '127.0.0.1', gateway.controlPort)
  await requireFreePort('DB9_SQL_PORT', '127.0.0.1', gateway.sqlPort)
}

/** The token in DB9_HOME/credentials; made with the owner account, and made again where the file was lost. */
async function ownerTokenOf(control: ControlApi, home: string): Promise<string> {
  const known = readOwnerToken(home)
  const { token } = await control.ensureOwner({ renew: known === null })
  if (token !== null) writeOwnerToken(home, token)
  const current = token ?? known
  if (current === null) throw new Error('the owner account came without a token')
  return current
}
