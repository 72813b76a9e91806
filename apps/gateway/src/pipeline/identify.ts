/** Finds out who sends a request: key, then origin, then JWT. Nothing is asked of a network before the key's MAC is checked. */

import { checkKey, type DataKeyKind, parseCredentials } from '../auth/credentials.ts'
import { type JwtIssuer, verifyJwt, wasVerified } from '../auth/jwt.ts'
import { refusals } from '../http/refusals.ts'
import { type OpenKey, openKey } from '../keys/admission.ts'
import type { ServedConfig } from '../keys/key-entry.ts'
import type { PipelineDeps } from './deps.ts'
import { isOver } from './failures.ts'
import type { DataRequest } from './incoming.ts'
import { judgeOrigin, parseOrigin } from './origin.ts'
import { isRefusal, type Refusal } from './refuse.ts'
import type { Caller, Price } from './service.ts'

type KeyConfig = ServedConfig['config']

export interface Identified {
  caller: Caller
  /** Not charged yet. */
  key: OpenKey
}

/** The caller of the request, or why it is refused. */
export async function identify(
  request: DataRequest,
  { isRead }: Price,
  deps: PipelineDeps,
): Promise<Identified | Refusal> {
  const { config, knownKeys } = request.isolate
  const credentials = parseCredentials(request.headers, request.query)
  if (isRefusal(credentials)) return credentials
  const known = await checkKey(credentials, config.keySecret, knownKeys)
  if (known === null) return refusals.keyInvalid()
  const key = await openKey(known.id, { isRead }, deps.admission)
  if (isRefusal(key)) return key
  const served = key.served.config
  const ofKey = refuseKey(served, known.sha256, request.target.databaseId)
  if (ofKey === null) request.keyId = known.id
  const caller =
    ofKey ??
    refuseOrigin(served, request) ??
    (credentials.jwt === null
      ? CALLERS[credentials.kind]
      : await callerOf(credentials.jwt, served, request, deps))
  if (!isRefusal(caller)) return { caller, key }
  key.refund()
  return caller
}

/** Of requests without a JWT; shared by all of them, and nothing changes them. */
const CALLERS: Readonly<Record<DataKeyKind, Caller>> = {
  publishableKey: { role: 'anon', claims: {} },
  serviceKey: { role: 'service_role', claims: {} },
}

/** A revoked key and an expired one are refused with the words for an unknown key. */
function refuseKey({ key, database }: KeyConfig, sha256: string, databaseId: string): Refusal | null {
  const isLive = key.status === 'active' && (key.expires_at === null || Date.now() < key.expires_at)
  if (!isLive || key.sha256 !== sha256) return refusals.keyInvalid()
  if (database.id !== databaseId) return refusals.keyOfOtherDatabase()
  if (database.state === 'CREATING' || database.state === 'CLONING') return refusals.databaseNotActive()
  return database.state === 'ACTIVE' ? null : refusals.keyInvalid()
}

function refuseOrigin({ key }: KeyConfig, { headers }: DataRequest): Refusal | null {
  const origin = parseOrigin(headers.get('origin'))
  switch (judgeOrigin(origin, key)) {
    case 'allowed':
      return null
    case 'malformed':
      return refusals.originMalformed()
    case 'required':
      return refusals.originRequired()
    case 'refused':
      return refusals.originNotAllowed(origin.kind === 'origin' ? origin.value : '')
  }
}

async function callerOf(
  jwt: string,
  { database, byo_jwt, version }: KeyConfig,
  request: DataRequest,
  deps: PipelineDeps,
): Promise<Caller | Refusal> {
  const issuer: JwtIssuer = { databaseId: database.id, config: byo_jwt, version }
  const now = Date.now()
  if (isOver(request) && !wasVerified(jwt, issuer, deps.jwt, now)) return refusals.tooManyFailures()
  const verdict = await verifyJwt(jwt, issuer, deps.jwt, now)
  return isRefusal(verdict) ? verdict : { role: 'authenticated', claims: verdict.claims }
}
