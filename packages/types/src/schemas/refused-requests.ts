/** Schemas of refused requests. */
import * as z from 'zod'
import { MOST_LISTED, timestamp } from './common.ts'

export const refusedRequest = z
  .object({
    at: timestamp,
    request_id: z.string().describe('As its reply names it'),
    key_id: z.string(),
    origin: z.string().nullable().describe('As the browser said'),
    method: z.string(),
    route: z.string().describe('/rest/v1/posts; … in place of what is no plain name'),
    status: z.number().int(),
    code: z.string(),
  })
  .meta({ id: 'RefusedRequest' })

export const refusedQuery = z.object({ limit: z.coerce.number().int().min(1).max(MOST_LISTED).optional() })
