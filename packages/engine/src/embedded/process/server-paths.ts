/** Where a server finds its files: in a sandbox, at the same places whatever database it is. */

import type { Placement } from '../cluster/placement.ts'
import type { ServerFiles } from '../cluster/server-files.ts'

export interface ServerPaths {
  data: string
  socketFolder: string
  inbox: string
  hba: string
  /** What `extension_control_path` names. */
  extensions: string
}

const IN_SANDBOX = {
  data: '/db/data',
  socketFolder: '/db/socket',
  inbox: '/db/inbox',
  hba: '/etc/pg_hba.conf',
  extensions: '/db/extensions',
} as const satisfies ServerPaths

/** As the server itself has to name them. */
export function pathsOf({ isolation, extensionFolder }: Placement, files: ServerFiles): ServerPaths {
  return isolation.state === 'on' ? IN_SANDBOX : { ...files, extensions: extensionFolder }
}

/** All logins, the service's included, need a password: access to a socket alone gives nothing. */
export const HBA = 'local all all scram-sha-256\n'
