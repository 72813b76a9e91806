/** Schemas of generated types. */
import * as z from 'zod'

export const typesQuery = z.object({
  lang: z.enum(['typescript', 'python']).optional().describe('typescript where it is left out'),
  schemas: z
    .string()
    .min(1)
    .max(2_048)
    .optional()
    .describe('Names between commas; public where it is left out'),
})

export const generatedTypes = z
  .object({
    types: z
      .string()
      .describe('TypeScript: `Database` of supabase-js, in one file; Python: classes of pydantic'),
  })
  .meta({ id: 'GeneratedTypes' })
