/** Schemas of publishable keys. */
import * as z from 'zod'
import { label, timestamp } from './common.ts'

const name = z.string().max(512)

const rateLimit = z
  .object({
    rps: z.number(),
    burst: z.number(),
    costs: z.object({ write: z.number(), rpc: z.number() }),
  })
  .meta({ id: 'RateLimit' })

const limiterFailure = z.enum(['reads', 'closed'])

export const newPublishableKey = z.strictObject({
  name: label.optional(),
  allowed_origins: z
    .array(name)
    .max(100)
    .optional()
    .describe('https://app.example.com or https://*.example.com; any origin where it is left out'),
  allow_no_origin: z.boolean().optional().describe('With allowed_origins: requests without Origin too'),
  exposed_schemas: z.array(name).max(32).optional().describe('["public"] where it is left out'),
  exposed_tables: z
    .array(name)
    .max(1000)
    .optional()
    .describe(
      'posts (in the first exposed schema) or schema.posts; every table and view where it is left out',
    ),
  exposed_functions: z
    .array(name)
    .max(1000)
    .optional()
    .describe(
      'Functions to call where exposed_tables is given; SECURITY DEFINER ones always need it. ["*"] is all of them',
    ),
  require_rls: z.boolean().optional().describe('true where it is left out'),
  rate_limit: z
    .strictObject({
      rps: z.number().optional().describe('1 to 100000 a second; 100 where it is left out'),
      burst: z.number().optional().describe('At least 1; twice rps where it is left out'),
      costs: z.strictObject({ write: z.number().optional(), rpc: z.number().optional() }).optional(),
    })
    .optional(),
  on_limiter_failure: limiterFailure.optional(),
  expires_in_days: z.number().optional(),
})

/** A field that is left out stays as it is; null is what leaving it out means for a new key. */
export const publishableKeyChange = newPublishableKey
  .extend({
    allowed_origins: newPublishableKey.shape.allowed_origins.nullable(),
    exposed_tables: newPublishableKey.shape.exposed_tables.nullable(),
    expires_in_days: newPublishableKey.shape.expires_in_days.nullable().describe('From now; null for never'),
  })
  .meta({ id: 'PublishableKeyChange' })

export const keyRotation = z.strictObject({
  overlap_seconds: z
    .number()
    .optional()
    .describe('How long the old key lives on; a day where it is left out, 0 revokes it at once'),
})

export const publishableKey = z
  .object({
    id: z.string(),
    name: z.string(),
    allowed_origins: z.array(z.string()).nullable(),
    allow_no_origin: z.boolean(),
    exposed_schemas: z.array(z.string()),
    exposed_tables: z.array(z.string()).nullable(),
    exposed_functions: z.array(z.string()),
    require_rls: z.boolean(),
    rate_limit: rateLimit,
    on_limiter_failure: limiterFailure,
    expires_at: timestamp.nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'PublishableKey' })

export const createdPublishableKey = publishableKey
  .extend({ publishable_key: z.string().describe('Shown once') })
  .meta({ id: 'CreatedPublishableKey' })
