/** Whether a gateway serves. */
import { StartError } from '@db9/process/start-error'

const HEALTH_TIMEOUT_MS = 15_000

/** Waits until the gateway and the parts behind it really serve. */
export async function untilHealthy(origin: string, signal?: AbortSignal): Promise<void> {
  const url = `${origin}/healthz`
  let last = 'no answer'
  for (const end = Date.now() + HEALTH_TIMEOUT_MS; Date.now() < end; ) {
    signal?.throwIfAborted()
    try {
      const response = await fetch(url)
      if (response.ok) return
      last = `${response.status} ${(await response.text()).slice(0, 200)}`
    } catch (error) {
      last = String(error)
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new StartError(
    `The gateway listens but does not serve (${url}: ${last}). See the logs in DB9_HOME/logs.`,
  )
}
