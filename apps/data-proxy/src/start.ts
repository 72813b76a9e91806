/** Starts the data proxy, in this process. */
import type { Closers } from '@db9/process/closers'
import { fileLogger } from '@db9/process/logs'
import type { ControlClient } from './control-client.ts'
import { capsFor } from './pgwire/caps-for-machine.ts'
import { certificateFiles, secureContexts } from './pgwire/tls/certificate.ts'
import { createDataProxy } from './proxy.ts'
import type { DataProxyValues } from './variables.ts'

export interface DataProxyStart extends Omit<DataProxyValues, 'controlUrl'> {
  control: ControlClient
  /** By which clients reach it, for a certificate that is made; left out: as it listens. */
  pgPublicHost?: string
  /** Files and connections that a process may have open. */
  openFiles: number
}

/** Listens when this resolves. What it begins is added to `closers`. Port 0 chooses a free one. */
export async function startDataProxy(
  options: DataProxyStart,
  closers: Closers,
): Promise<{ pgPort: number; sqlPort: number }> {
  const log = fileLogger(options.home, 'data-proxy')
  closers.add(() => log.close())
  const context = await secureContexts({
    files: certificateFiles(options),
    home: options.home,
    host: options.pgPublicHost ?? options.host,
  })
  const proxy = await createDataProxy({
    host: options.host,
    pgPort: options.pgPort,
    httpHost: options.internalHost,
    httpPort: options.sqlPort,
    internalSecret: options.internalSecret,
    control: options.control,
    tls: { context, isRequired: options.pgTls === 'required' },
    log,
    connectionCaps: capsFor(options),
  })
  closers.add(() => proxy.close())
  const { pgPort, httpPort } = await proxy.listen()
  return { pgPort, sqlPort: httpPort }
}
