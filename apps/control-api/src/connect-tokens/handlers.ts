/** The route of connect tokens. */
import type { ROUTES } from '@db9/types'
import { newId } from '@db9/types/ids'
import { importPKCS8, SignJWT } from 'jose'
import { insertAudit } from '../audit/audit.ts'
import type { PgAddress } from '../config.ts'
import { lockOwnDatabase, requireActive } from '../databases/store.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import { parseLoginRole } from '../logins/roles.ts'
import { currentSigningKey, type SigningKey, type SigningKeyDeps, TOKEN_SECONDS } from './signing-keys.ts'
import { insertToken } from './store.ts'

export interface ConnectTokenDeps extends SigningKeyDeps {
  pgAddress: () => PgAddress
}

const ISSUER = 'db9'
const AUDIENCE = 'db9-connect'
const ALGORITHM = 'RS256'

const createConnectToken: Handler<typeof ROUTES.createConnectToken, ConnectTokenDeps> = async (
  deps,
  call,
) => {
  const { caller, database, body, request, remember } = call
  const role = parseLoginRole(body.role)
  requireActive(database)
  const id = newId('connectToken', request.now)
  const user = `${database.id}.${role}`
  const issuedAt = Math.floor(request.now / 1000)
  const expiresAt = new Date((issuedAt + TOKEN_SECONDS) * 1000)
  const key = await currentSigningKey(deps, request.now)
  const token = await signToken(key, { id, user, role, issuedAt })
  const { host, port, isTlsRequired } = deps.pgAddress()
  const reply = {
    status: 201,
    body: {
      ...{ host, port },
      ...{ database: 'postgres', user, token },
      fs_websocket_url: null,
      expires_in_seconds: TOKEN_SECONDS,
      expires_at: expiresAt.toISOString(),
      tls: isTlsRequired ? 'required' : 'not_enforced',
    },
  } as const
  return deps.db.transaction().execute(async (trx) => {
    await lockOwnDatabase(trx, caller, database.id)
    const row = { id, databaseId: database.id, role, token, expiresAt, now: request.now }
    await insertToken(trx, deps.encryption, row)
    await insertAudit(trx, caller, request, {
      ...{ operation: 'create', resource: 'connect_token', id },
      ...{ name: role, databaseId: database.id },
    })
    return remember(trx, reply)
  })
}

async function signToken(
  key: SigningKey,
  { id, user, role, issuedAt }: { id: string; user: string; role: string; issuedAt: number },
): Promise<string> {
  return new SignJWT({ role })
    .setProtectedHeader({ alg: ALGORITHM, kid: key.id, typ: 'JWT' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(user)
    .setJti(id)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + TOKEN_SECONDS)
    .sign(await importPKCS8(key.privateKey, ALGORITHM))
}

export function connectTokenHandlers(deps: ConnectTokenDeps) {
  return bind(deps, { createConnectToken })
}
