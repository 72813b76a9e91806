/** SCRAM verifiers of secrets that the service knows, for whatever salt a role's password has. */
import { makeScramVerifierAsync, parseVerifier } from '@db9/postgres/scram/verifier'
import type { CredentialVerifier, WireSalting } from '@db9/types/internal'
import { BoundedMap } from '@db9/types/limits'

/** A secret that opens sessions as a role. */
export interface Credential {
  kind: CredentialVerifier['kind']
  id: string
  /** Asked for where no verifier of this salt is known; null where the installation cannot tell it any more. */
  secret(): Promise<string | null>
}

const MOST_REMEMBERED = 20_000
/** An owner chooses the iterations of a role's password; a verifier of each key costs as many here. */
const MOST_ITERATIONS = 20_000

/** Makes each verifier once: it costs a key derivation. */
export class CredentialVerifiers {
  readonly #made = new BoundedMap<Promise<string | null>>(MOST_REMEMBERED)

  /** None where the salting costs too much: then a role's connect keys are refused until its password is set anew. */
  async of(credentials: readonly Credential[], salting: WireSalting): Promise<CredentialVerifier[]> {
    if (salting.iterations < 1 || salting.iterations > MOST_ITERATIONS) return []
    const made = await Promise.all(credentials.map((credential) => this.#once(credential, salting)))
    return credentials.flatMap(({ kind, id }, i) => {
      const verifier = made[i]
      return verifier ? [{ kind, id, verifier }] : []
    })
  }

  #once(credential: Credential, salting: WireSalting): Promise<string | null> {
    const key = `${credential.id} ${salting.iterations} ${salting.salt}`
    const known = this.#made.get(key)
    if (known) return known
    // One that fails must not keep a role's password from being checked.
    const made = makeVerifier(credential, salting).catch(() => null)
    this.#made.set(key, made)
    return made
  }
}

async function makeVerifier(
  { secret }: Credential,
  { salt, iterations }: WireSalting,
): Promise<string | null> {
  const text = await secret()
  return text === null
    ? null
    : makeScramVerifierAsync(text, { iterations, salt: Buffer.from(salt, 'base64') })
}

/** What the verifiers of a role's other credentials must share with that of its password. */
export function saltingOf(verifier: string | null, otherwise: WireSalting): WireSalting {
  const parsed = verifier === null ? null : parseVerifier(verifier)
  return parsed ? { salt: parsed.salt.toString('base64'), iterations: parsed.iterations } : otherwise
}
