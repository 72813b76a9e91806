/** What the page tells its reader of errors. */
import type { PageConfig } from './config.ts'
import { QueryError } from './todos.ts'

/** What a person can do about a failure. Where no answer came, the page asks whether the gateway answers at all. */
export async function explain(error: unknown, config: PageConfig): Promise<string> {
  if (!(error instanceof QueryError)) return error instanceof Error ? error.message : String(error)
  if (error.status !== 0) return [error.message, error.hint].filter(Boolean).join(' ')
  const gateway = new URL(config.url).origin
  return (await answers(gateway))
    ? `The gateway at ${gateway} is up, but no answer came to this page. The console of the browser says why.`
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
