/** The Postgres role that a connect key or token logs in as, as a request states it. */
import { READER } from '@db9/types/internal'
import { unprocessable } from '../errors.ts'
import { parseIdentifier } from '../postgres-names.ts'

export const DEFAULT_ROLE = 'admin'
/** As the data proxy refuses them to clients. */
const RESERVED = /^(?:db9_|pg_)|^postgres$/
const NO_LOGIN = new Set(['anon', 'authenticated', 'authenticator', 'service_role'])

/** Whether there is such a role, only the database knows: it is not woken, and a login says so. */
export function parseLoginRole(text: string = DEFAULT_ROLE): string {
  const role = parseIdentifier(text, 'role')
  if (role !== READER && RESERVED.test(role)) throw unprocessable('role', `"${role}" is reserved`)
  if (NO_LOGIN.has(role))
    throw unprocessable('role', `"${role}" is for the data API alone, and cannot log in`)
  return role
}
