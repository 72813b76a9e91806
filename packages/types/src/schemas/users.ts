/** Schemas of the Postgres users of a database. */
import * as z from 'zod'

export const newUser = z.strictObject({
  username: z.string().describe('Letters, digits, - and _, up to 63; must not begin with pg_ or db9_'),
  password: z.string().optional().describe('8 to 128 printable ASCII characters; made where it is left out'),
  roles: z.array(z.string()).max(20).optional().describe('Roles of your own that it becomes a member of'),
  grants: z
    .array(z.strictObject({ schema: z.string(), access: z.enum(['ro', 'rw']) }))
    .max(20)
    .optional()
    .describe('Schemas whose tables it may read, or read and write; those that admin makes later, too'),
})

export const user = z
  .object({
    name: z.string(),
    is_superuser: z.boolean(),
    can_login: z.boolean(),
    can_create_db: z.boolean(),
    can_create_role: z.boolean(),
    bypasses_rls: z.boolean(),
    built_in: z.boolean().describe('db9 needs it; it cannot be deleted'),
    member_of: z.array(z.string()),
  })
  .meta({ id: 'User' })

export const createdUser = z
  .object({
    message: z.string(),
    username: z.string(),
    password: z.string().describe('Shown once'),
    connection_string: z.string(),
    connection_string_with_password: z.string(),
  })
  .meta({ id: 'CreatedUser' })
