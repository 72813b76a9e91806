/** Schemas of the configuration of JWTs. */
import * as z from 'zod'
import { timestamp } from './common.ts'

const newTokenIssuer = z.strictObject({
  jwks_url: z.string().optional().describe('Required; https'),
  issuer: z.string().optional().describe('Required; compared with iss exactly'),
  audience: z.string().nullable().optional().describe('Required; null: aud is not checked'),
  subject_claim: z.string().optional(),
  claims_allowlist: z
    .array(z.string())
    .optional()
    .describe('Claims handed to SQL beside sub, role, iss, aud, exp and iat; all of them where it is empty'),
  claims_max_bytes: z.number().int().optional(),
  min_issued_at: z
    .string()
    .nullable()
    .optional()
    .describe('RFC 3339; tokens issued before it are refused: signs everybody out'),
})

export const newAuthConfig = z.strictObject({
  auth_mode: z.string().optional().describe('byo_jwt'),
  sync_users: z
    .boolean()
    .optional()
    .describe(
      'true: auth.users follows the verified JWTs, so that triggers on it fire; false where it is left out',
    ),
  byo_jwt: newTokenIssuer
    .extend({
      additional_issuers: z
        .array(newTokenIssuer)
        .max(9)
        .optional()
        .describe('Further identity providers; each verifies the tokens of its own issuer alone'),
    })
    .nullable()
    .optional()
    .describe('null removes the configuration'),
})

const tokenIssuer = z.object({
  jwks_url: z.string(),
  issuer: z.string(),
  audience: z.string().nullable(),
  subject_claim: z.string(),
  claims_allowlist: z.array(z.string()),
  claims_max_bytes: z.number().int(),
  min_issued_at: timestamp.nullable(),
})

export const authConfig = z
  .object({
    auth_mode: z.string(),
    sync_users: z.boolean(),
    byo_jwt: tokenIssuer.extend({ additional_issuers: z.array(tokenIssuer) }).nullable(),
    created_at: timestamp.nullable(),
    updated_at: timestamp.nullable(),
  })
  .meta({ id: 'AuthConfig' })

export const storedAuthConfig = authConfig
  .extend({ warnings: z.array(z.string()) })
  .meta({ id: 'StoredAuthConfig' })
