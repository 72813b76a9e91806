/** Errors that a function raises with a status and headers of its own. */
import { errors, QueryError } from '../errors.ts'
import { isAllowed } from './response-settings.ts'

const MESSAGE_HINT =
  "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'."
const DETAIL_HINT =
  "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."

/** `RAISE SQLSTATE 'PGRST'`: a function says with JSON what the whole error reply is. */
export function raisedError(message: string, detail: string | null): QueryError {
  const body = parseObject(message)
  if (typeof body?.code !== 'string' || typeof body.message !== 'string') {
    return errors.raisedJson(`Invalid JSON value for MESSAGE: '${message}'`, MESSAGE_HINT)
  }
  if (detail === null) return errors.raisedJson('DETAIL is missing in the RAISE statement', DETAIL_HINT)
  const reply = parseObject(detail)
  const status = reply?.status
  const headers = reply?.headers
  if (!isStatus(status) || typeof headers !== 'object' || headers === null) {
    return errors.raisedJson(`Invalid JSON value for DETAIL: '${detail}'`, DETAIL_HINT)
  }
  return new QueryError({
    status,
    code: body.code,
    message: body.message,
    details: textOrNull(body.details),
    hint: textOrNull(body.hint),
    headers: Object.entries(headers).filter(
      (header): header is [string, string] =>
        typeof header[1] === 'string' && isAllowed(header[0].toLowerCase(), header[1]),
    ),
  })
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 200 && value <= 599
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
