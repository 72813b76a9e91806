/** Schemas of secrets. */
import * as z from 'zod'
import { timestamp } from './common.ts'

/** The longest value in bytes of UTF-8, and the most secrets of a database. */
export const MAX_SECRET_BYTES = 48 * 1024
export const MAX_SECRETS = 100

export const secretName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
    'must be 1 to 128 letters, digits and underscores, and not begin with a digit',
  )
  .refine((name) => !/^db9_/i.test(name), 'must not begin with DB9_, which is the names of the service')

const secretValue = z
  .string()
  .refine((value) => new TextEncoder().encode(value).length <= MAX_SECRET_BYTES, {
    error: `must be at most ${MAX_SECRET_BYTES} bytes`,
  })
  .describe('Encrypted where it is kept, and never shown')

export const newSecret = z.strictObject({ name: secretName, value: secretValue })

export const secretChange = z.strictObject({ value: secretValue })

export const secret = z
  .object({ name: z.string(), created_at: timestamp, updated_at: timestamp })
  .meta({ id: 'Secret' })

export const createdSecret = secret.pick({ name: true, created_at: true }).meta({ id: 'CreatedSecret' })

export const changedSecret = secret.pick({ name: true, updated_at: true }).meta({ id: 'ChangedSecret' })
