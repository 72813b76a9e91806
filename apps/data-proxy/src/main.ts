/** The data proxy as a process of its own: `stop`, `doctor`, or a start. */
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
import { createControlClient } from './control-client.ts'
import { startDataProxy } from './start.ts'
import { DATA_PROXY_VARIABLES, type DataProxyValues } from './variables.ts'

/** Asks the control API for what there is not. */
const SIGNED = { method: 'GET', path: INTERNAL_PATHS.key(NO_KEY) } as const

const serve: Serve = async ({ closers }) => {
  const values = readVariables(DATA_PROXY_VARIABLES, process.env)
  const { home, host, pgPort, internalHost, sqlPort, controlUrl: origin, internalSecret } = values
  const openFiles = raiseOpenFiles()
  const lock = holdHome(home, closers)
  const pg = { name: 'DB9_PG_PORT', hostName: 'DB9_HOST', host, port: pgPort }
  const sql = { name: 'DB9_SQL_PORT', hostName: 'DB9_INTERNAL_HOST', host: internalHost, port: sqlPort }
  await requireFreePort(pg)
  await requireFreePort(sql)
  const control = await createControlClient({ fetch, origin, internalSecret })
  const ports = await startDataProxy({ ...values, control, openFiles }, closers)
  lock.announce(`http://${internalHost}:${ports.sqlPort}`)
  return describe(values, ports)
}

function describe(
  { home, host, internalHost, controlUrl }: DataProxyValues,
  { pgPort, sqlPort }: { pgPort: number; sqlPort: number },
): string {
  return `
  The data proxy serves.

    Postgres      ${host}:${pgPort}
    Other parts   http://${internalHost}:${sqlPort}
    Health        http://${internalHost}:${sqlPort}${INTERNAL_PATHS.health}
    Control API   ${controlUrl}
    Logs          ${home}/logs

`
}

await runCommandLine(
  process.argv.slice(2),
  {
    stop: () => stopHolder(readVariables({ home: DATA_PROXY_VARIABLES.home }, process.env).home),
    doctor: () =>
      checkPart(DATA_PROXY_VARIABLES, process.env, {
        others: ({ controlUrl: origin, internalSecret }) => [
          {
            name: 'control API',
            variable: 'DB9_CONTROL_URL',
            origin,
            healthPath: INTERNAL_PATHS.health,
            takesSignature: () => takesSignature(origin, internalSecret, SIGNED),
          },
        ],
      }),
  },
  serve,
)
