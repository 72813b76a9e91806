/** How a run has ended, from the answer of its isolate or from what ended it. */
import type { IncomingMessage } from 'node:http'
import { FUNCTION_LIMITS } from '@db9/types/function-limits'
import type { RunReply } from '@db9/types/functions-part'
import { BundleError } from '../code/bundle-error.ts'
import { TooLong } from '../read-text.ts'
import type { Run } from './run.ts'

const RESULT_TOO_LARGE = `the result is larger than ${FUNCTION_LIMITS.resultBytes} bytes`

/** Whether an answer says that there is none of the function's own. */
export function failureOf({ headers }: IncomingMessage): boolean {
  const outcome = headers['x-db9-outcome']
  return outcome !== 'result' && outcome !== 'response'
}

/** To decode it would be the work of the parts before this one, as much as its author likes. */
export function isEncoded({ headers }: IncomingMessage): boolean {
  return !/^(?:identity)?$/i.test(headers['content-encoding'] ?? '')
}

export const ENCODED =
  'the answer has a content-encoding; leave the header out, and answer what is not compressed'

export function toOutcome(
  reply: IncomingMessage,
  text: string,
): Pick<RunReply, 'status' | 'result_json' | 'error'> {
  if (isEncoded(reply)) return { status: 'failed', result_json: null, error: ENCODED }
  const kind = reply.headers['x-db9-outcome']
  if (kind === 'result') return completed(text)
  if (kind === 'response') {
    const isJson = /^application\/json\b/i.test(reply.headers['content-type'] ?? '')
    return completed(isJson && isJsonText(text) ? text : JSON.stringify(text))
  }
  return { status: 'failed', result_json: null, error: messageIn(text) }
}

function completed(json: string): Pick<RunReply, 'status' | 'result_json' | 'error'> {
  if (Buffer.byteLength(json) <= FUNCTION_LIMITS.resultBytes)
    return { status: 'completed', result_json: json, error: null }
  return { status: 'failed', result_json: null, error: RESULT_TOO_LARGE }
}

export function outcomeOf(run: Run, error: unknown): { status: RunReply['status']; error: string } {
  switch (run.reason) {
    case 'timed_out':
      return { status: 'timed_out', error: `the run took longer than ${run.start.timeout_ms} ms` }
    case 'cancelled':
    case 'client_gone':
      return { status: 'cancelled', error: 'the run was cancelled' }
    default:
      if (error instanceof BundleError) return { status: 'failed', error: error.message }
      if (error instanceof TooLong) return { status: 'failed', error: RESULT_TOO_LARGE }
      return {
        status: 'failed',
        error: 'the runtime ended: the function, or another of its database, took too much memory or time',
      }
  }
}

export function messageIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    if (typeof message === 'string') return message.slice(0, 2_000)
  } catch {
    // Not of the supervisor.
  }
  return 'the function did not answer'
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
