/** What is known of a server that runs. */
import { createHash } from 'node:crypto'
import type { ProcessIdentity } from '@db9/process/processes'
import { type DatabaseSettings, DEFAULT_SETTINGS } from '../../settings.ts'
import type { Placement } from '../cluster/placement.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import type { ServerLogins } from '../sql/logins.ts'
import { serverSettings } from './postgres-settings.ts'
import { HBA } from './server-paths.ts'

/** Where a server listens, and what our own logins need. */
export interface ServerAccess {
  socketFolder: string
  logins: ServerLogins
  /** Ends every session of ours with it at once. */
  signal?: AbortSignal
}

export interface RunningServer extends ProcessIdentity, ServerAccess {
  /** Tells this run of the server from any other. */
  epoch: string
}

/** Differs for a server that another release started, or with other settings: it is started anew instead of taken over. */
export function fingerprintOf(
  { postgres, extensionFolder, isolation }: Placement,
  own: DatabaseSettings = DEFAULT_SETTINGS,
): string {
  const settings = serverSettings(own)
  const inputs = JSON.stringify([postgres.folder, extensionFolder, isolation.state, HBA, settings])
  return createHash('sha256').update(inputs).digest('hex').slice(0, 12)
}

export function toRunningServer(
  { socketFolder }: ServerFiles,
  { pid, startTime }: ProcessIdentity,
  logins: ServerLogins,
): RunningServer {
  return { pid, startTime, epoch: `${pid}-${startTime}`, socketFolder, logins }
}
