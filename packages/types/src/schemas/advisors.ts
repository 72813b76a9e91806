/** Schemas of what advisors find in a database. */
import * as z from 'zod'

export const finding = z
  .object({
    name: z.string().describe('Of the rule; it stays the same'),
    level: z.enum(['ERROR', 'WARN', 'INFO']),
    title: z.string(),
    detail: z.string().describe('What was found, and why it matters'),
    schema: z.string().nullable(),
    object: z.string().describe('The table, view, function, policy, index or role'),
    remediation: z.string().nullable().describe('SQL that mends it; null where only you can know it'),
  })
  .meta({ id: 'Finding' })
