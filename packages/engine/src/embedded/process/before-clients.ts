/** The time between the start of a server and the moment at which its clients may come in. */
import { EngineError } from '../../errors.ts'
import type { RunningServer } from './running-server.ts'
import { stopServer } from './stop-server.ts'

/** The work is done in all databases of a server. */
const LIMIT_MS = 10 * 60_000

/** Does `work` in a server that has just started. The server is stopped where the work fails, is cancelled, or takes too long. */
export async function beforeClients(
  server: RunningServer,
  abort: AbortController,
  work: () => Promise<void>,
): Promise<void> {
  server.signal = abort.signal
  const limit = setTimeout(() => abort.abort(), LIMIT_MS).unref()
  try {
    await work()
    if (abort.signal.aborted)
      throw new EngineError('unavailable', 'the database was stopped while it was starting')
  } catch (error) {
    await stopServer(server, abort.signal.aborted ? 'immediate' : 'prompt')
    throw error
  } finally {
    clearTimeout(limit)
  }
}
