/** The scope of a token, as a request states it. */
import { isId } from '@db9/types/ids'
import * as z from 'zod'
import { unprocessable } from '../errors.ts'
import { describeIssue } from '../http/issues.ts'
import type { TokenScope } from '../metadata/tables.ts'

const scopeSchema = z.strictObject({
  databases: z
    .array(
      z.strictObject({
        id: z.string().refine((text) => isId('database', text), 'must be a database id'),
        access: z.enum(['ro', 'rw']),
      }),
    )
    .min(1)
    .max(100),
})

/** The scope that a token's `scope_json` states. Throws 422 naming the part that is wrong; no part is ignored. */
export function parseTokenScope(text: string): TokenScope {
  const parsed = scopeSchema.safeParse(parseJson(text))
  if (!parsed.success) {
    const { field, problem } = describeIssue(parsed.error)
    throw unprocessable(['scope_json', field].filter(Boolean).join('.'), problem)
  }
  const ids = parsed.data.databases.map((entry) => entry.id)
  const twice = ids.findIndex((id, i) => ids.indexOf(id) !== i)
  if (twice >= 0) throw unprocessable(`scope_json.databases.${twice}.id`, 'is listed twice')
  return parsed.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw unprocessable('scope_json', 'is not valid JSON')
  }
}
