/** The functions part as a process of its own: `stop`, `doctor`, or a start. */
import { takesSignature } from '@db9/internal-api/client'
import { runCommandLine, type Serve } from '@db9/process/command-line'
import { checkPart } from '@db9/process/doctor'
import { raiseOpenFiles } from '@db9/process/file-limit'
import { holdHome } from '@db9/process/home'
import { requireFreePort } from '@db9/process/ports'
import { stopHolder } from '@db9/process/stop'
import { readVariables } from '@db9/process/variables'
import { NO_KEY } from '@db9/types/ids'
import { INTERNAL_PATHS } from '@db9/types/internal'
import { startFunctions } from './start.ts'
import { FUNCTIONS_VARIABLES, type FunctionsValues } from './variables.ts'

/** Asks the control API for what there is not. */
const SIGNED = { method: 'GET', path: INTERNAL_PATHS.key(NO_KEY) } as const

const serve: Serve = async ({ closers }) => {
  const values = readVariables(FUNCTIONS_VARIABLES, process.env)
  raiseOpenFiles()
  const lock = holdHome(values.home, closers)
  const { internalHost: host, functionsPort: port, controlUrl, dataProxyUrl } = values
  await requireFreePort({ name: 'DB9_FUNCTIONS_PORT', hostName: 'DB9_INTERNAL_HOST', host, port })
  const running = await startFunctions(
    {
      ...values,
      fetchControl: (path, init) => fetch(controlUrl + path, init),
      dataProxyOrigin: () => dataProxyUrl,
    },
    closers,
  )
  lock.announce(`http://${host}:${running.port}`)
  return describe(values, running.port)
}

function describe(values: FunctionsValues, port: number): string {
  const { home, internalHost, controlUrl, dataProxyUrl } = values
  return `
  Functions are served.

    Other parts   http://${internalHost}:${port}
    Health        http://${internalHost}:${port}${INTERNAL_PATHS.health}
    Control API   ${controlUrl}
    Data proxy    ${dataProxyUrl}
    Logs          ${home}/logs

`
}

await runCommandLine(
  process.argv.slice(2),
  {
    stop: () => stopHolder(readVariables({ home: FUNCTIONS_VARIABLES.home }, process.env).home),
    doctor: () =>
      checkPart(FUNCTIONS_VARIABLES, process.env, {
        others: ({ controlUrl, dataProxyUrl, internalSecret }) => [
          {
            name: 'control API',
            variable: 'DB9_CONTROL_URL',
            origin: controlUrl,
            healthPath: INTERNAL_PATHS.health,
            takesSignature: () => takesSignature(controlUrl, internalSecret, SIGNED),
          },
          {
            name: 'data proxy',
            variable: 'DB9_DATA_PROXY_URL',
            origin: dataProxyUrl,
            healthPath: INTERNAL_PATHS.health,
          },
        ],
      }),
  },
  serve,
)
