/** Identity providers of accounts, as the operator lists them. */
import * as z from 'zod'

/** Asymmetric, so that a public key is never taken for a shared secret. */
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const

const providerSchema = z.strictObject({
  issuer: z.string().min(1).max(512),
  /** The client id, or each of several. */
  audience: z.union([
    z
      .string()
      .min(1)
      .transform((id) => [id]),
    z.array(z.string().min(1)).min(1).max(10),
  ]),
  jwks_url: z.string().min(1),
  algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(['RS256', 'ES256', 'EdDSA']),
  /** Whether an identity without an account gets one by signing in. */
  sign_up: z.boolean().default(false),
})

export const providersSchema = z
  .array(providerSchema)
  .max(10)
  .refine((all) => new Set(all.map(({ issuer }) => issuer)).size === all.length, 'two have one issuer')

/** An OpenID Connect provider whose id_tokens name the owner of an account. */
export type IdentityProvider = z.output<typeof providerSchema>
