import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'

const MAX_LOG_BYTES = 16 * 1024 * 1024

/** `<home>/logs/<name>.log`; a file grown large is set aside as `<name>.log.1` at the next start. */
export function logPath(home: string, name: string): string {
  const folder = join(home, 'logs')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${name}.log`)
  if (existsSync(path) && statSync(path).size > MAX_LOG_BYTES) renameSync(path, `${path}.1`)
  return path
}

/** A logger of one JSON line per event, for one part of the stack. */
export function fileLogger(home: string, name: string): Logger {
  return pino(
    { base: { part: name } },
    pino.destination({ dest: logPath(home, name), sync: true, mode: 0o600 }),
  )
}
