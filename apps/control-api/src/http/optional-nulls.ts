/** Takes null for a field that may be left out: many clients write one for what they do not set. */
import * as z from 'zod'

/**
 * The input without nulls where the schema has an optional field that cannot be null. A field that can be null, or that is
 * required, stays as it is; so does one that the schema does not know.
 */
export function withoutOptionalNulls(schema: z.core.$ZodType, input: unknown): unknown {
  const inner = schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? schema.unwrap() : schema
  if (inner !== schema) return withoutOptionalNulls(inner, input)
  if (!(schema instanceof z.ZodObject) || typeof input !== 'object' || input === null || Array.isArray(input))
    return input
  const fields: Record<string, z.core.$ZodType> = schema.shape
  return Object.fromEntries(
    Object.entries(input).flatMap(([name, value]) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (!field) return [[name, value]]
      if (value === null && field instanceof z.ZodOptional && !z.safeParse(field, null).success) return []
      return [[name, withoutOptionalNulls(field, value)]]
    }),
  )
}
