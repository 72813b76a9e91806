/** The route that shows which requests to the data plane were refused of late. */
import type { ROUTES } from '@db9/types'
import * as z from 'zod'
import { ApiError } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import type { ReadRefused } from '../parts/gateway.ts'

export interface RefusedDeps {
  readRefused: ReadRefused
}

const found = z.array(
  z.object({
    at: z.number(),
    request_id: z.string(),
    key_id: z.string(),
    origin: z.string().nullable(),
    method: z.string(),
    route: z.string(),
    status: z.number().int(),
    code: z.string(),
  }),
)

const USUALLY_LISTED = 100

const listRefusedRequests: Handler<typeof ROUTES.listRefusedRequests, RefusedDeps> = async (
  { readRefused },
  { database, query: { limit = USUALLY_LISTED } },
) => {
  const refused = await readRefused(database.id).catch((cause: unknown) => {
    throw new ApiError('unavailable', 'the gateway does not answer', { cause, retryAfter: 2 })
  })
  const body = found.parse(refused ?? []).slice(0, limit)
  return { status: 200, body: body.map(({ at, ...rest }) => ({ at: new Date(at).toISOString(), ...rest })) }
}

export function refusedHandlers(deps: RefusedDeps) {
  return bind(deps, { listRefusedRequests })
}
