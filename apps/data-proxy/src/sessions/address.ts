/** Where a database's server listens, and what it means where it cannot be reached. */

import type { ErrorFields } from '@db9/postgres/backend'
import { isInsufficientResources, isServerUnavailable, SQLSTATE } from '@db9/postgres/sqlstate'
import type { ConnectReply } from '@db9/types/internal'
import type { OpenFailures } from '../directory/wake.ts'
import { ProxyError, UNREACHABLE, unavailable } from '../errors.ts'

/** Throws a `ProxyError` 501 where the server listens elsewhere. */
export function socketPath(reply: ConnectReply): string {
  if (reply.address.kind === 'unix') return reply.address.path
  throw new ProxyError('0A000', 'this proxy reaches databases over unix sockets only', 501)
}

/** Whether a failure to open a session passes: not the server's refusal or our own, else the server was not reached. */
function isTransient(error: unknown): boolean {
  return isErrorFields(error) ? isServerUnavailable(error.C) : !(error instanceof ProxyError)
}

export const OPEN_FAILURES: OpenFailures = {
  isTransient,
  isLoginRefused: (error) => isErrorFields(error) && error.C === SQLSTATE.invalidPassword,
}

function isErrorFields(error: unknown): error is ErrorFields {
  return typeof (error as ErrorFields)?.C === 'string'
}

/** What a failure to open a session is to the client. */
export function toProxyError(error: unknown): ProxyError {
  if (error instanceof ProxyError) return error
  if (isErrorFields(error)) {
    const isTransient = isInsufficientResources(error.C) || isServerUnavailable(error.C)
    return new ProxyError(error.C ?? '', error.M ?? '', isTransient ? 503 : 400)
  }
  return unavailable(UNREACHABLE, { cause: error })
}
