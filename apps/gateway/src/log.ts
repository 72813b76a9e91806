/** Logs an unexpected error as one JSON line. It holds no headers and no query values, and text that looks like a secret is removed. */

export interface LogContext {
  request_id: string
  route: string
  database_id?: string
}

export function logError(error: unknown, context: LogContext): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  const frames = (stack ?? '')
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 8)
  console.error(
    JSON.stringify({
      level: 'error',
      ...context,
      error: name,
      message: scrub(message),
      at: frames.map((line) => line.trim()),
    }),
  )
}

const SECRETS = [
  /\bdb9[a-z]k_[0-9a-z]+/g,
  /\bdb9sql1\.[\w.-]+/g,
  /\beyJ[\w-]+\.[\w.-]+/g,
  /\bpostgres(?:ql)?:\/\/\S+/g,
  /\bbearer \S+/gi,
]

export function scrub(text: string): string {
  return SECRETS.reduce((rest, secret) => rest.replace(secret, '[redacted]'), text).slice(0, 500)
}
