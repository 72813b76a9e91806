/** The gateway under miniflare, started by `gateway:dev` as a developer starts it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { CHECKOUT } from './command.ts'
import type { OwnGateway } from './own-gateway.ts'

/** Starts it at `port` of loopback, with the secrets of the stack in `home`. Its objects keep their state in `folder`. */
export function startWranglerDev(options: {
  folder: string
  port: number
  controlPort: number
  sqlPort: number
  home: string
}): OwnGateway {
  const { folder, port, controlPort, sqlPort, home } = options
  const wrangler = spawn(
    process.execPath,
    [
      join(CHECKOUT, 'apps/gateway/dev.ts'),
      // 0: any free port.
      ...['--port', String(port), '--inspector-port', '0', '--home', home, '--state', folder],
      ...['--control', `127.0.0.1:${controlPort}`, '--data-proxy', `127.0.0.1:${sqlPort}`],
    ],
    { stdio: 'ignore' },
  )
  const ended = once(wrangler, 'exit')
  return {
    stop: async () => {
      wrangler.kill()
      await ended
    },
  }
}
