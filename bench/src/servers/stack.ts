/** The product itself, as `pnpm dev` starts it, in a process of its own: the load must not share its event loop. */
import { startLocal } from '@db9/local'
import { announceReady, environment } from '../child.ts'

const started = performance.now()
// Refusals themselves are measured, all of one address.
const stack = await startLocal({
  home: environment('DB9_HOME'),
  port: 0,
  pgPort: 0,
  allowLocalJwks: true,
  failedRequests: 0,
})
const startMs = performance.now() - started

let stopping = false
async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  await stack.stop()
  process.exit(0)
}
process.on('SIGTERM', () => void stop())
process.on('SIGINT', () => {})

announceReady(
  {
    port: Number(new URL(stack.url).port),
    url: stack.url,
    token: stack.ownerToken,
    dataFolder: stack.dataFolder,
    pgPort: stack.pgPort,
    startMs,
  },
  () => void stop(),
)
