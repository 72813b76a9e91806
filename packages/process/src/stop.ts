/** `stop`: ends the process that holds a folder. */
import { readHolder } from './lock.ts'
import { isAlive } from './processes.ts'
import { StartError } from './start-error.ts'

const LIMIT_MS = 6_000

/** Ends what holds the folder, and waits until it is gone. */
export async function stopHolder(home: string): Promise<void> {
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
