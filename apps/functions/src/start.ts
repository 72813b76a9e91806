/** Starts the functions part, in this process. */
import { rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { type CallInternal, internalClient } from '@db9/internal-api/client'
import type { Closers } from '@db9/process/closers'
import { fileLogger } from '@db9/process/logs'
import { hmacKey } from '@db9/types/crypto'
import { FUNCTIONS_PATHS } from '@db9/types/functions-part'
import { BundleStore, type FetchBundle } from './code/store.ts'
import { HostError } from './errors.ts'
import { FunctionsHost } from './host.ts'
import { createRoutes } from './http/routes.ts'
import { RunReports } from './http/run-reports.ts'
import { FunctionTargets } from './http/targets.ts'
import { endOrphans, ProcessList } from './process/orphans.ts'
import { placeRuntimes } from './process/place.ts'
import { RuntimeProcess } from './process/runtime-process.ts'
import { FunctionSql } from './runs/sql.ts'
import type { FunctionsValues } from './variables.ts'

export interface FunctionsStart
  extends Pick<FunctionsValues, 'home' | 'internalHost' | 'functionsPort' | 'internalSecret' | 'isolation'> {
  /** Reaches the control API: `fetch` with its origin, or within the process. */
  fetchControl(path: string, init: RequestInit): Promise<Response>
  /** Of the data proxy; undefined while it does not run yet. */
  dataProxyOrigin(): string | undefined
}

/** Listens when this resolves. What it begins is added to `closers`. Port 0 chooses a free one. */
export async function startFunctions(options: FunctionsStart, closers: Closers): Promise<{ port: number }> {
  const log = fileLogger(options.home, 'functions')
  closers.add(() => log.close())
  await endOrphans(options.home)
  const place = placeRuntimes(options)
  closers.add(() => rmSync(place.folder, { recursive: true, force: true }))
  if (place.isolation.state === 'off')
    log.warn({ reason: place.isolation.reason }, 'functions are not isolated')
  const internalKey = await hmacKey(options.internalSecret)
  const processes = new ProcessList(options.home)
  const control = await controlCalls(options)
  const host = new FunctionsHost({
    bundles: new BundleStore(bundleFetcher(control)),
    sql: new FunctionSql({ origin: options.dataProxyOrigin, internalKey }),
    startProcess: async (handlers) => {
      const started = await RuntimeProcess.start(place, handlers).catch((cause: unknown) => {
        log.error({ err: cause }, 'no runtime')
        throw new HostError('unavailable', 'the runtime of functions did not start', { cause })
      })
      return started
    },
    onLaunched: (pid) => processes.add(pid),
    log,
  })
  closers.add(() => host.close())
  const server = createRoutes({
    host,
    targets: new FunctionTargets(control),
    reports: new RunReports(control, log),
    internalKey,
    log,
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.functionsPort, options.internalHost, resolve)
  })
  closers.add(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port }
}

const CONTROL_TIMEOUT_MS = 15_000

async function controlCalls({ fetchControl, internalSecret }: FunctionsStart): Promise<CallInternal> {
  const key = await hmacKey(internalSecret)
  return internalClient({ key, fetch: fetchControl, timeoutMs: CONTROL_TIMEOUT_MS })
}

function bundleFetcher(ask: CallInternal): FetchBundle {
  return async (databaseId, digest) => {
    const reply = await ask({ method: 'GET', path: FUNCTIONS_PATHS.bundle(databaseId, digest) }).catch(
      (cause) => {
        throw new HostError('unavailable', 'the control API does not answer', { cause })
      },
    )
    if (reply.status === 200) return Buffer.from(await reply.arrayBuffer())
    await reply.body?.cancel()
    if (reply.status === 404) return null
    throw new HostError('unavailable', 'the control API does not answer')
  }
}
