/** A gateway that no stack started, by a written configuration, as on a machine of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { loadSecrets } from '@db9/control-api/start'
import { CHECKOUT } from './command.ts'

const { default: WORKERD } = createRequire(import.meta.url)('workerd') as { default: string }

export interface OwnGateway {
  stop(): Promise<void>
}

/** Writes its configuration into `folder` and starts it at `port`, with the secrets of the stack in `home`. */
export function startOwnGateway(options: {
  folder: string
  port: number
  controlPort: number
  sqlPort: number
  home: string
}): OwnGateway {
  const { folder, port, controlPort, sqlPort, home } = options
  execFileSync(process.execPath, [
    join(CHECKOUT, 'apps/gateway/write-config.ts'),
    ...['--out', folder, '--address', `127.0.0.1:${port}`],
    ...['--control', `127.0.0.1:${controlPort}`, '--data-proxy', `127.0.0.1:${sqlPort}`],
  ])
  const secrets = loadSecrets(home)
  const gateway: ChildProcess = spawn(WORKERD, ['serve', join(folder, 'gateway.capnp')], {
    stdio: 'ignore',
    env: { DB9_KEY_SECRET: secrets.key, DB9_INTERNAL_SECRET: secrets.internal },
  })
  const ended = once(gateway, 'exit')
  return {
    stop: async () => {
      gateway.kill()
      await ended
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return address !== null && typeof address === 'object' ? address.port : 0
}
