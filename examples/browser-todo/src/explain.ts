/** What the page tells its reader of errors. */
import type { PageConfig } from './config.ts'
import { QueryError } from './todos.ts'

/**
 * What a person can do about a failure. Browsers hide the reason when an answer may not be read by this page's origin,
 * so the one thing that can still be learnt is asked for: whether the gateway answers at all.
 */
export async function explain(error: unknown, config: PageConfig): Promise<string> {
  if (!(error instanceof QueryError)) return error instanceof Error ? error.message : String(error)
  if (error.status !== 0) return [error.message, error.hint].filter(Boolean).join(' ')
  const gateway = new URL(config.url).origin
  return (await answers(gateway))
    ? `The gateway at ${gateway} is up, but gives this page no answer. The likely reason: ${location.origin} is not ` +
        'among the allowed_origins of the publishable key.'
    : `The gateway at ${gateway} does not answer. Is it running?`
}

async function answers(gateway: string): Promise<boolean> {
  try {
    await fetch(`${gateway}/healthz`, { mode: 'no-cors', cache: 'no-store' })
    return true
  } catch {
    return false
  }
}
