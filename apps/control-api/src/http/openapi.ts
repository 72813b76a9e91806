/** Routes of the contract as OpenAPI describes them. */
import { type Access, errorReply, type Route } from '@db9/types'
import type { RouteConfig } from '@hono/zod-openapi'
import * as z from 'zod'

const json = (schema: z.ZodType) => ({ 'application/json': { schema } })

const BYTES = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } as const

const NO_CONTENT = 204

const REFUSALS: Record<number, string> = {
  400: 'Missing, unknown or wrong fields',
  401: 'The token is missing or not valid',
  403: 'The token or the account may not do this',
  404: 'There is no such thing, or it belongs to another account',
  409: 'In conflict with what exists',
  422: 'Well-formed, but it makes no sense',
  429: 'Too many requests; Retry-After says when to come back',
  500: 'Internal error; request_id names it',
  503: 'Not available now; Retry-After says when to come back',
}

/** Said of each route of such an access, so that the holder of a scoped token knows before the 403. */
const RIGHTS: Partial<Record<Access, string>> = {
  account: 'Needs a token of the whole account.',
  manage: 'Needs a token of the whole account.',
  write: 'A scoped token needs rw, and the database must not be protected.',
}

/** A route of the contract as OpenAPI describes it. */
export function toOpenApi(route: Route): RouteConfig {
  const { method, path, operationId, summary, tag, access, params, query, body } = route
  const description = [route.description, RIGHTS[access]].filter(Boolean).join(' ')
  const takesKey = method === 'post' && route.idempotent !== false
  const headers = takesKey ? z.object({ 'idempotency-key': z.string().max(255).optional() }) : undefined
  return {
    method,
    path,
    operationId,
    summary,
    ...(description !== '' && { description }),
    tags: [tag],
    security: access === 'none' ? [] : [{ bearer: [] }],
    request: {
      ...(params && { params }),
      ...(query && { query }),
      ...(headers && { headers }),
      ...(body && { body: { required: body.required, content: body.raw ? BYTES : json(body.schema) } }),
    },
    responses: {
      ...Object.fromEntries(
        Object.entries(route.responses).map(([status, { description, schema }]) => [
          status,
          { description, ...(Number(status) !== NO_CONTENT && { content: json(schema) }) },
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(REFUSALS).map(([status, text]) => [
          status,
          { description: text, content: json(errorReply) },
        ]),
      ),
    },
  }
}

export const OPENAPI_DOCUMENT = {
  openapi: '3.1.0',
  info: {
    title: 'DB9 REST API',
    version: '0.1.0',
    description:
      'Postgres databases over HTTP. Every request carries `Authorization: Bearer <token>`, save anonymous-register and ' +
      'anonymous-refresh. A POST may carry an `Idempotency-Key`: the same key gives the same reply for 24 hours.',
  },
  servers: [{ url: '/' }],
}
