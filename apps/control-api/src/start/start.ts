/** Starts the control API with its metadata and the engine, in this process. */
import { createEmbeddedEngine, startMetadataServer } from '@db9/engine'
import type { Closers } from '@db9/process/closers'
import { fileLogger } from '@db9/process/logs'
import type { ControlApiDeps, PgAddress, Retention } from '../config.ts'
import { type ControlApi, createControlApi } from '../create.ts'
import { functionCalls } from '../functions/calls.ts'
import { parseProviders } from '../identity/parse-providers.ts'
import { dataProxyCalls } from '../parts/data-proxy.ts'
import { invalidationPush, refusedReader } from '../parts/gateway.ts'
import type { ControlApiValues } from '../variables.ts'
import type { EngineSettings } from './engine-settings.ts'
import type { OpenHome } from './home.ts'
import { type Admission, admitStrangers } from './isolation.ts'
import { readOwnerToken, writeOwnerToken } from './secrets.ts'
import { serveHttp } from './serve-http.ts'

const DAY_MS = 86_400_000

type RetentionValues = Pick<
  ControlApiValues,
  'anonymousAuditDays' | 'backupRetentionDays' | 'operationRetentionDays' | 'recoveryDays'
>

export interface ControlApiStart extends RetentionValues, Omit<Admission, 'isolation'> {
  home: OpenHome
  engine: EngineSettings
  anonymousDiskQuotaBytes: number | null
  allowLocalJwks: boolean
  /** As DB9_OIDC_PROVIDERS lists them. */
  identityProviders: unknown[] | null
  claimedDatabases: number
  copyMinutes: number
  /** Where it listens; port 0 chooses a free one. */
  listen: { host: string; port: number }
  /** Where clients reach Postgres. */
  pgAddress: () => PgAddress
  /** Where the other parts are reached; undefined while one does not run yet. */
  gatewayOrigin: () => string | undefined
  dataProxyOrigin: () => string | undefined
  functionsOrigin: () => string | undefined
  onJobPoint?: NonNullable<ControlApiDeps['onJobPoint']> | undefined
  /** Gives the start up. */
  signal?: AbortSignal | undefined
}

export interface RunningControlApi {
  /** Serves calls within the process. */
  fetch: ControlApi['fetch']
  port: number
  /** Where the databases lie. */
  dataFolder: string
  ownerToken: string
}

/**
 * Resolves when it serves. What it begins is added to `closers`, so that a start that is given up half-way ends it. Throws a
 * `StartError` that says what to do.
 */
export async function startControlApi(
  options: ControlApiStart,
  closers: Closers,
): Promise<RunningControlApi> {
  const { home, signal, onProgress, allowLocalJwks, pgAddress } = options
  const { secrets } = home
  const identityProviders = parseProviders(options.identityProviders ?? [], allowLocalJwks)
  const proxyCalls = dataProxyCalls({ internalSecret: secrets.internal, origin: options.dataProxyOrigin })
  const placed = {
    ...options.engine,
    home: home.path,
    loginKey: secrets.logins,
    onProgress,
    ...(signal && { signal }),
  }
  let shares: ControlApi['sharesOf'] = async () => []
  const engine = await createEmbeddedEngine({
    ...placed,
    release: proxyCalls.release,
    sharesOf: (id) => shares(id),
  })
  closers.add(() => engine.close())
  const { isolation } = options.engine
  const { anonymousRegistration, signUps } = admitStrangers({ ...options, isolation }, engine.facts())
  const metadata = await startMetadataServer(placed)
  closers.add(() => metadata.stop())
  signal?.throwIfAborted()

  const log = fileLogger(home.path, 'control-api')
  closers.add(() => log.close())
  const control = await createControlApi(
    {
      metadata: metadata.connection,
      internalSecret: secrets.internal,
      keySecret: secrets.key,
      encryptionKey: secrets.encryption,
      pgAddress,
      anonymousRegistration,
      anonymousDiskQuotaBytes: options.anonymousDiskQuotaBytes,
      allowLocalJwks,
      identityProviders,
      claimedDatabases: options.claimedDatabases,
      signUps,
      maxRunning: options.engine.maxRunning,
      retention: retentionOf(options),
      copyLimitMs: options.copyMinutes * 60_000,
    },
    {
      engine,
      notifyInvalidation: invalidationPush({
        internalSecret: secrets.internal,
        origin: options.gatewayOrigin,
      }),
      readRefused: refusedReader({ internalSecret: secrets.internal, origin: options.gatewayOrigin }),
      notifyProxy: proxyCalls.notify,
      endCredential: proxyCalls.endCredential,
      functions: functionCalls({ internalSecret: secrets.internal, origin: options.functionsOrigin }),
      ...(options.onJobPoint && { onJobPoint: options.onJobPoint }),
      log,
    },
  )
  closers.add(() => control.close())
  shares = control.sharesOf
  await control.migrate()
  const ownerToken = await ownerTokenOf(control, home.path)
  const { failed, cleared } = await engine.reconcile(await control.knownData())
  for (const { name, error } of failed) log.error({ err: error, folder: name }, 'not taken over or removed')
  void cleared.then((left) => {
    for (const { name, error } of left) log.error({ err: error, folder: name }, 'not removed')
  })
  // In the background: a copy that goes on may take minutes, and the rest need not wait for it.
  void control.resumeJobs().catch((error: unknown) => log.error({ err: error }, 'not resumed'))
  const server = await serveHttp(control.fetch, options.listen)
  closers.add(server.close)
  return { fetch: control.fetch, port: server.port, dataFolder: engine.dataFolder, ownerToken }
}

function retentionOf(values: RetentionValues): Retention {
  return {
    deletedDatabasesMs: values.recoveryDays * DAY_MS,
    backupsMs: values.backupRetentionDays * DAY_MS,
    operationsMs: values.operationRetentionDays * DAY_MS,
    anonymousAuditMs: values.anonymousAuditDays * DAY_MS,
  }
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
