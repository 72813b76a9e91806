/** Opens what a server has closed to the service, which as an ordinary user is bound by the modes of files. */
import { existsSync } from 'node:fs'
import type { Placement } from '../cluster/placement.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { runTool } from '../sandbox/tool.ts'

const LIMIT_MS = 10_000

/** The folders of a server that does not run. What cannot be opened in time stays closed. */
export async function makeReadable(
  placement: Placement,
  { data, inbox, socketFolder }: ServerFiles,
): Promise<void> {
  // Root reads everything.
  if (placement.users !== null) return
  const writable = [data, inbox, socketFolder].filter(existsSync)
  const options = { ids: null, writable, signal: AbortSignal.timeout(LIMIT_MS) }
  await runTool(placement, 'chmod', ['-R', 'u+rwX', '--', ...writable], options).catch(() => {
    // It is measured again, which tells.
  })
}
