/** What a runtime process writes: one JSON object a line, in which `runner.js` has marked the run. */

/** A line of a function's console. */
export interface ConsoleLine {
  /** Of the run; empty where it belongs to none. */
  runId: string
  /** `end`: the run writes no more. */
  level: string
  text: string
}

const MARK = '\u001e'

/** Null for what no function's console has written. */
export function parseOutput(line: string): ConsoleLine | null {
  const message = messageOf(line)
  if (message === null || !message.startsWith(MARK)) return null
  const [, runId, level, ...rest] = message.split(MARK)
  if (runId === undefined || level === undefined) return null
  return { runId, level, text: rest.join(MARK) }
}

function messageOf(line: string): string | null {
  try {
    const parsed: unknown = JSON.parse(line)
    const message = (parsed as { message?: unknown } | null)?.message
    return typeof message === 'string' ? message : null
  } catch {
    // A line that was cut, or not of the runtime.
    return null
  }
}
