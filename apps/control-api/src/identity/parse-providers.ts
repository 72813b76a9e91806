/** Reads and checks DB9_OIDC_PROVIDERS. */
import { StartError } from '@db9/process/start-error'
import { ApiError } from '../errors.ts'
import { describeIssue } from '../http/issues.ts'
import { IdTokens } from './id-tokens.ts'
import { type IdentityProvider, providersSchema } from './provider.ts'

/** What DB9_OIDC_PROVIDERS lists. Throws a `StartError` that names what is wrong, and whose keys may not be fetched. */
export function parseProviders(list: unknown, allowLocal: boolean): IdentityProvider[] {
  const parsed = providersSchema.safeParse(list)
  if (!parsed.success) {
    const { field, problem } = describeIssue(parsed.error)
    throw new StartError(`DB9_OIDC_PROVIDERS: ${[field, problem].filter(Boolean).join(': ')}.`)
  }
  try {
    new IdTokens(parsed.data, { allowLocal })
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    throw new StartError(`DB9_OIDC_PROVIDERS: ${error.message}. DB9_ALLOW_LOCAL_JWKS=1 allows loopback.`)
  }
  return parsed.data
}
