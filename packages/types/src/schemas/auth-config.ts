import * as z from 'zod'
import { timestamp } from './common.ts'

export const newAuthConfig = z.strictObject({
  auth_mode: z.string().optional().describe('byo_jwt'),
  byo_jwt: z
    .strictObject({
      jwks_url: z.string().optional().describe('Required; https'),
      issuer: z.string().optional().describe('Required; compared with iss exactly'),
      audience: z.string().nullable().optional().describe('Required; null: aud is not checked'),
      subject_claim: z.string().optional(),
      claims_allowlist: z.array(z.string()).optional().describe('Claims handed to SQL; ["*"] means all'),
      claims_max_bytes: z.number().int().optional(),
    })
    .nullable()
    .optional()
    .describe('null removes the configuration'),
})

export const authConfig = z
  .object({
    auth_mode: z.string(),
    byo_jwt: z
      .object({
        jwks_url: z.string(),
        issuer: z.string(),
        audience: z.string().nullable(),
        subject_claim: z.string(),
        claims_allowlist: z.array(z.string()),
        claims_max_bytes: z.number().int(),
      })
      .nullable(),
    created_at: timestamp.nullable(),
    updated_at: timestamp.nullable(),
  })
  .meta({ id: 'AuthConfig' })

export const storedAuthConfig = authConfig
  .extend({ warnings: z.array(z.string()) })
  .meta({ id: 'StoredAuthConfig' })
