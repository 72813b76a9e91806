/** Starts a server that is watched from its first process on. */

import type { Placement } from '../cluster/placement.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { type StartOptions, startServer } from '../process/postgres-process.ts'
import type { RunningServer } from '../process/running-server.ts'
import type { StartWatch } from './start-watch.ts'

/** As `startServer`; the watch may end it, and goes on until its owner ends it. */
export async function startWatched(
  placement: Placement,
  files: ServerFiles,
  options: StartOptions,
  watch: StartWatch,
): Promise<RunningServer> {
  const signal = options.signal ? AbortSignal.any([options.signal, watch.signal]) : watch.signal
  const server = await startServer(placement, files, { ...options, signal, onLaunched: watch.add })
  watch.serves()
  return server
}
