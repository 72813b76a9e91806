/** `stop`: ends the stack that runs on a data folder. */
import { isAlive } from '@db9/engine'
import { StartError } from '@db9/process/start-error'
import { parseConfig } from './config.ts'
import { readHolder } from './lock.ts'

const LIMIT_MS = 6_000

/** Ends the stack that holds the data folder, and waits until it is gone. */
export async function stopRunning(env: Record<string, string | undefined>): Promise<void> {
  const { home } = parseConfig({}, env)
  const holder = readHolder(home)
  if (!holder) {
    console.warn(`No db9 runs on ${home}.`)
    return
  }
  process.kill(holder.pid, 'SIGTERM')
  for (const limit = Date.now() + LIMIT_MS; Date.now() < limit; ) {
    if (!isAlive(holder)) {
      console.warn(`Stopped db9 on ${home} (process ${holder.pid}).`)
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new StartError(`db9 on ${home} (process ${holder.pid}) did not end within ${LIMIT_MS / 1000} s.`)
}
