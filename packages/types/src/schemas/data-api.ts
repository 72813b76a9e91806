/** Schemas of the Data API settings. */
import * as z from 'zod'

const count = z.number().int()

/** Every field may be left out and then has its default: a PUT replaces the whole. */
export const newDataApiSettings = z.strictObject({
  max_rows: count.nullable().optional().describe('1000; null: no limit'),
  aggregates_enabled: z.boolean().optional().describe('sum(), avg(), max(), min() and count() in select'),
  plan_enabled: z
    .boolean()
    .optional()
    .describe(
      'application/vnd.pgrst.plan: a plan shows every caller the tables and policies behind a request',
    ),
  tx_rollback_allowed: z.boolean().optional().describe('Prefer: tx=rollback'),
  pre_request: z.string().nullable().optional().describe('A function called first in each transaction'),
  extra_search_path: z.array(z.string()).optional(),
  statement_timeout_ms: z
    .strictObject({ anon: count.optional(), authenticated: count.optional() })
    .optional(),
  caps: z
    .strictObject({
      url_bytes: count.optional(),
      filters: count.optional(),
      in_values_url: count.optional(),
      in_values_body: count.optional(),
      logic_depth: count.optional(),
      embeds: count.optional(),
      embed_depth: count.optional(),
      request_bytes: count.optional(),
      response_bytes: count.optional(),
    })
    .optional(),
})

export const dataApiSettings = z
  .object({
    max_rows: count.nullable(),
    aggregates_enabled: z.boolean(),
    plan_enabled: z.boolean(),
    tx_rollback_allowed: z.boolean(),
    pre_request: z.string().nullable(),
    extra_search_path: z.array(z.string()),
    statement_timeout_ms: z.object({ anon: count, authenticated: count }),
    caps: z.object({
      url_bytes: count,
      filters: count,
      in_values_url: count,
      in_values_body: count,
      logic_depth: count,
      embeds: count,
      embed_depth: count,
      request_bytes: count,
      response_bytes: count,
    }),
  })
  .meta({ id: 'DataApiSettings' })
