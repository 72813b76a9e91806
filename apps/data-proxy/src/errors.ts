/** Errors of the data proxy, as SQLSTATEs and HTTP statuses. */
import type { ErrorFields } from '@db9/postgres/backend'

/** Why a client is turned away, as a SQLSTATE and a message fit for it. Never holds a secret or an inner address. */
export class ProxyError extends Error {
  readonly code: string
  /** For HTTP; pgwire has the SQLSTATE alone. */
  readonly status: number

  constructor(code: string, message: string, status = 400, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProxyError'
    this.code = code
    this.status = status
  }
}

export const loginFailed = (user: string) =>
  new ProxyError('28P01', `password authentication failed for user "${user}"`)

/** `cause` is for the log alone. */
export const unavailable = (message: string, options?: { cause: unknown }) =>
  new ProxyError('57P03', message, 503, options)

export const UNREACHABLE = 'the database cannot be reached at this moment; try again'

/** The control API itself does not answer: what it said last may still hold. */
export class ControlApiUnavailable extends ProxyError {
  constructor() {
    super('57P03', UNREACHABLE, 503)
  }
}

/** Disk full: Postgres' own SQLSTATE for it. 400, since drivers of Neon's SQL over HTTP read an SQLSTATE there alone. */
export const outOfStorage = (what: string) =>
  new ProxyError('53100', `the database is over its disk quota, or the disk is nearly full: ${what}`)

export const atCapacity = () =>
  new ProxyError(
    '53300',
    'too many databases run at this moment and none is idle; try again in a moment',
    503,
  )

/** The client disconnected; its statement is dropped, and nothing reads this error. */
export const clientGone = () => new ProxyError('08006', 'the client went away')

export const busy = () =>
  new ProxyError('53300', 'too many statements wait for this database; try again in a moment', 429)

export function toErrorFields(error: ProxyError): ErrorFields {
  return { S: 'FATAL', V: 'FATAL', C: error.code, M: error.message }
}
