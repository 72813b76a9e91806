/** The control API as a process of its own, with the engine: `stop`, `doctor`, `restore-metadata`, or a start. */
import { existsSync } from 'node:fs'
import { takesSignature } from '@db9/internal-api/client'
import { runCommandLine, type Serve } from '@db9/process/command-line'
import { checkPart } from '@db9/process/doctor'
import { raiseOpenFiles } from '@db9/process/file-limit'
import { isLoopback } from '@db9/process/hosts'
import { requireFreePort } from '@db9/process/ports'
import { stopHolder } from '@db9/process/stop'
import { readVariables } from '@db9/process/variables'
import { NO_DATABASE } from '@db9/types/ids'
import { INTERNAL_PATHS } from '@db9/types/internal'
import { checkHome } from './start/doctor.ts'
import { engineSettings } from './start/engine-settings.ts'
import { openHome } from './start/home.ts'
import { restoreMetadataOf } from './start/restore-metadata.ts'
import { credentialsPath, loadSecrets, secretsPath } from './start/secrets.ts'
import { startControlApi } from './start/start.ts'
import { CONTROL_API_VARIABLES, type ControlApiValues } from './variables.ts'

/** Asks the data proxy to let go of a database that there is not. */
const SIGNED = { method: 'POST', path: INTERNAL_PATHS.release(NO_DATABASE), body: '{}' } as const

const serve: Serve = async ({ closers, signal, say }) => {
  const values = readVariables(CONTROL_API_VARIABLES, process.env)
  raiseOpenFiles()
  const home = openHome(values.home, closers, { internal: values.internalSecret, key: values.keySecret })
  const listen = { host: values.internalHost, port: values.controlPort }
  await requireFreePort({ name: 'DB9_CONTROL_PORT', hostName: 'DB9_INTERNAL_HOST', ...listen })
  const options = {
    ...values,
    home,
    engine: engineSettings(values),
    isRegistrationSet: true,
    reachedBy: reachedBy(values),
    listen,
    pgAddress: () => ({
      host: values.pgPublicHost,
      port: values.pgPort,
      isTlsRequired: values.pgTls === 'required',
    }),
    gatewayOrigin: () => values.gatewayUrl,
    dataProxyOrigin: () => values.dataProxyUrl,
    functionsOrigin: () => values.functionsUrl ?? undefined,
    onProgress: say,
    signal,
  }
  const { port } = await startControlApi(options, closers)
  home.announce(values.gatewayUrl)
  return describe(values, port)
}

function functionsPart(origin: string) {
  const healthPath = INTERNAL_PATHS.health
  return { name: 'functions part', variable: 'DB9_FUNCTIONS_URL', origin, healthPath }
}

/** What says that others than this machine reach the databases. */
function reachedBy({ gatewayUrl, pgPublicHost }: ControlApiValues): string | null {
  if (!isLoopback(new URL(gatewayUrl).hostname)) return `DB9_GATEWAY_URL is ${gatewayUrl}`
  return isLoopback(pgPublicHost) ? null : `DB9_PG_PUBLIC_HOST is ${pgPublicHost}`
}

function describe({ home, internalHost, gatewayUrl, dataProxyUrl }: ControlApiValues, port: number): string {
  return `
  The control API serves ${internalHost}:${port}.

    Health        http://${internalHost}:${port}${INTERNAL_PATHS.health}
    Gateway       ${gatewayUrl}
    Data proxy    ${dataProxyUrl}
    Your token    ${credentialsPath(home)}
    Secrets       ${secretsPath(home)}        (internal and key are for the other parts, unless they were set)
    Logs          ${home}/logs

`
}

const { home, isolation, uidRange, postgresFolder } = CONTROL_API_VARIABLES

await runCommandLine(
  process.argv.slice(2),
  {
    stop: () => stopHolder(readVariables({ home }, process.env).home),
    doctor: () =>
      checkPart(CONTROL_API_VARIABLES, process.env, {
        own: (values) => checkHome({ ...values, ...engineSettings(values) }),
        others: ({ home: path, internalSecret, dataProxyUrl, gatewayUrl, functionsUrl }) => [
          {
            name: 'data proxy',
            variable: 'DB9_DATA_PROXY_URL',
            origin: dataProxyUrl,
            healthPath: INTERNAL_PATHS.health,
            takesSignature: async () => {
              // Before the first start there is none, and this makes none.
              if (!existsSync(secretsPath(path))) return true
              const { internal } = loadSecrets(path, { internal: internalSecret })
              return takesSignature(dataProxyUrl, internal, SIGNED)
            },
          },
          { name: 'gateway', variable: 'DB9_GATEWAY_URL', origin: gatewayUrl, healthPath: '/healthz' },
          ...(functionsUrl === null ? [] : [functionsPart(functionsUrl)]),
        ],
      }),
    'restore-metadata': (args) =>
      restoreMetadataOf(readVariables({ home, isolation, uidRange, postgresFolder }, process.env), args),
  },
  serve,
)
