/** What connect keys and connect tokens share: the control API has verifiers of them, and they can be revoked. */
import { parseVerifier } from '@db9/postgres/scram/verifier'
import type { CredentialVerifier } from '@db9/types/internal'
import type { AuthMethod } from './method.ts'

export function credentialsOf(kind: CredentialVerifier['kind']): AuthMethod {
  return ({ credentials }) =>
    credentials.flatMap((credential) => {
      const verifier = credential.kind === kind ? parseVerifier(credential.verifier) : null
      return verifier ? [{ verifier, credentialId: credential.id, opening: () => ({ kind: 'service' }) }] : []
    })
}
