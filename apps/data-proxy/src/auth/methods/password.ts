/** The role's password, whose verifier is the server's own or was before the service held the role. */
import { parseVerifier } from '@db9/postgres/scram/verifier'
import type { AuthMethod } from './method.ts'

export const password: AuthMethod = ({ verifier: text, held }) => {
  const verifier = text === null ? null : parseVerifier(text)
  if (!verifier) return []
  return [
    {
      verifier,
      credentialId: null,
      opening: (keys) => (held ? { kind: 'service' } : { kind: 'keys', keys }),
    },
  ]
}
