/** Where the files of the gateway lie in the data folder. */
import { join } from 'node:path'

export interface GatewayFiles {
  /** workerd's working folder: names in its configuration are relative to it. */
  folder: string
  configPath: string
}

export function gatewayFiles(home: string): GatewayFiles {
  const folder = join(home, 'run')
  return { folder, configPath: join(folder, 'gateway.capnp') }
}
