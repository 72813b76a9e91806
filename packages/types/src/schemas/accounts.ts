/** Schemas of accounts and tokens. */
import * as z from 'zod'
import { label, timestamp } from './common.ts'

export const customer = z
  .object({
    id: z.string(),
    email: z.string().nullable(),
    created_at: timestamp,
    status: z.string(),
    is_anonymous: z.boolean(),
    database_limit: z.number().int().nullable().describe('Live databases at most; null: no limit'),
  })
  .meta({ id: 'Customer' })

export const anonymousAccount = z
  .object({
    anonymous_id: z.string(),
    anonymous_secret: z.string().describe('Shown once; renews the token'),
    token: z.string(),
    expires_at: timestamp,
    is_anonymous: z.literal(true),
  })
  .meta({ id: 'AnonymousAccount' })

export const anonymousRefresh = z.strictObject({
  anonymous_id: z.string().max(128),
  anonymous_secret: z.string().max(256),
})

export const refreshedToken = z.object({ token: z.string(), expires_at: timestamp })

const idToken = z
  .string()
  .min(1)
  .max(16 * 1024)
  .describe('Of a provider that GET /customer/sso/config lists')

export const claim = z.strictObject({ id_token: idToken })

export const claimed = z
  .object({
    id: z.string(),
    email: z.string(),
    claimed: z.literal(true),
    token: z.string().describe('Of the claimed account: the tokens of the anonymous one have ended'),
    expires_at: timestamp,
  })
  .meta({ id: 'ClaimedAccount' })

export const signedIn = z
  .object({ id: z.string(), email: z.string(), token: z.string(), expires_at: timestamp })
  .meta({ id: 'SignedIn' })

export const signInConfig = z
  .object({
    providers: z.array(
      z.object({
        issuer: z.string(),
        audience: z.array(z.string()).describe('The client ids that an id_token may be for'),
        sign_up: z.boolean().describe('Whether an identity without an account gets one by signing in'),
      }),
    ),
  })
  .meta({ id: 'SignInConfig' })

export const deletedAccount = z
  .object({ message: z.string(), databases: z.number().int().describe('How many it had') })
  .meta({ id: 'DeletedAccount' })

export const newToken = z.strictObject({
  name: label.optional(),
  expires_in_days: z.number().int().optional().describe('From 1 to 3650; 365 where it is left out'),
  scope_json: z
    .string()
    .max(64 * 1024)
    .optional()
    .describe('A JSON string: {"databases":[{"id":"<id>","access":"ro"}]}, access ro or rw'),
})

export const token = z
  .object({
    id: z.string(),
    name: z.string(),
    scope_json: z.string().nullable(),
    expires_at: timestamp.nullable(),
    last_used_at: timestamp.nullable().describe('To the minute'),
    created_at: timestamp,
  })
  .meta({ id: 'Token' })

export const createdToken = token
  .omit({ last_used_at: true })
  .extend({ token: z.string().describe('128 hex characters, shown once') })
  .meta({ id: 'CreatedToken' })
