/** Names of Postgres users, as a request states them. */
import { COMPAT_ROLES } from '@db9/types/compat-roles'
import { ApiError, unprocessable } from '../errors.ts'

/** Stands in a connection string as it is, and after the dot of `<database_id>.<username>`. */
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/
const RESERVED = /^(?:pg_|db9_)|^(?:public|none|postgres|user|session_user|current_user|current_role)$/i
const MAX_NAME_BYTES = 63

/** What the service and the data plane need. */
export const BUILT_IN_ROLES = ['admin', 'anon', 'authenticated', 'service_role', ...COMPAT_ROLES] as const
/** The service's own logins, which no list shows. */
export const HIDDEN_ROLES = ['authenticator', 'db9_admin', 'db9_reader', 'db9_service', 'db9_super'] as const

/** A name for a new user. Throws 422 where it breaks a rule. */
export function parseUsername(text: string): string {
  if (!NAME.test(text)) {
    throw unprocessable(
      'username',
      'must be 1 to 63 of letters, digits, - and _, and begin with a letter or _',
    )
  }
  if (RESERVED.test(text)) throw unprocessable('username', `"${text}" is reserved`)
  return text
}

/** The name of a user that may be deleted, whatever made it. 404 where no user can have it, 422 where it has to stay. */
export function parseDeletable(text: string): string {
  const isBuiltIn = (BUILT_IN_ROLES as readonly string[]).includes(text)
  if (isBuiltIn) throw unprocessable('username', `"${text}" is built in and cannot be deleted`)
  const isHidden = (HIDDEN_ROLES as readonly string[]).includes(text) || text.startsWith('pg_')
  if (isHidden || text === '' || Buffer.byteLength(text) > MAX_NAME_BYTES)
    throw new ApiError('not_found', 'user not found')
  return text
}
