/** The gateway as a process of its own, which runs workerd: `stop`, `doctor`, or a start. */
import { takesSignature } from '@db9/internal-api/client'
import { runCommandLine, type Serve } from '@db9/process/command-line'
import { checkPart } from '@db9/process/doctor'
import { raiseOpenFiles } from '@db9/process/file-limit'
import { holdHome } from '@db9/process/home'
import { publicHost } from '@db9/process/hosts'
import { fileLogger } from '@db9/process/logs'
import { requireFreePort } from '@db9/process/ports'
import { stopHolder } from '@db9/process/stop'
import { readVariables } from '@db9/process/variables'
import { NO_KEY } from '@db9/types/ids'
import { INTERNAL_PATHS } from '@db9/types/internal'
import { startGateway } from './start.ts'
import { allowedHostsOn, GATEWAY_VARIABLES, type GatewayValues } from './variables.ts'
import { endOrphanedWorkerd } from './workerd.ts'

const healthPath = INTERNAL_PATHS.health
/** Asks the control API for what there is not. */
const SIGNED = { method: 'GET', path: INTERNAL_PATHS.key(NO_KEY) } as const

const serve: Serve = async ({ closers }) => {
  const values = readVariables(GATEWAY_VARIABLES, process.env)
  const { home, host, port, internalSecret: internal, keySecret: key } = values
  const openFiles = raiseOpenFiles()
  const lock = holdHome(home, closers)
  await endOrphanedWorkerd(home)
  await requireFreePort({ name: 'DB9_PORT', hostName: 'DB9_HOST', host, port })
  const log = fileLogger(home, 'listener')
  closers.add(() => log.close())
  const { controlUrl, dataProxyUrl, functionsUrl } = values
  const parts = {
    control: addressOf(controlUrl),
    dataProxy: addressOf(dataProxyUrl),
    functions: functionsUrl && addressOf(functionsUrl),
  }
  const allowedHosts = allowedHostsOn(host, values.allowedHosts)
  const options = { ...values, ...parts, allowedHosts, secrets: { internal, key }, openFiles, log }
  const gateway = await startGateway(options, closers)
  const url = `http://${publicHost(host)}:${gateway.port}`
  lock.announce(url)
  return describe(values, url)
}

/** `host:port` of an http URL, as workerd takes it. */
function addressOf(url: string): string {
  const { hostname, port } = new URL(url)
  return `${hostname}:${port || '80'}`
}

function describe({ home, controlUrl, dataProxyUrl }: GatewayValues, url: string): string {
  return `
  The gateway serves ${url}.

    Health        ${url}/healthz        (200 once both parts behind it serve)
    Control API   ${controlUrl}
    Data proxy    ${dataProxyUrl}
    Logs          ${home}/logs

`
}

await runCommandLine(
  process.argv.slice(2),
  {
    stop: () => stopHolder(readVariables({ home: GATEWAY_VARIABLES.home }, process.env).home),
    doctor: () =>
      checkPart(GATEWAY_VARIABLES, process.env, {
        others: ({ controlUrl, dataProxyUrl, internalSecret }) => [
          {
            name: 'control API',
            variable: 'DB9_CONTROL_URL',
            origin: controlUrl,
            healthPath,
            takesSignature: () => takesSignature(controlUrl, internalSecret, SIGNED),
          },
          { name: 'data proxy', variable: 'DB9_DATA_PROXY_URL', origin: dataProxyUrl, healthPath },
        ],
      }),
  },
  serve,
)
