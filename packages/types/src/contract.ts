/** What a route of the REST API is made of. */
import type * as z from 'zod'

/**
 * Who may call a route.
 * - `none`: no credential at all.
 * - `any`: every valid token; a scoped one sees only the databases of its scope.
 * - `account`: a token without a scope.
 * - `owner`: one of the account that owns the installation.
 * - `read` / `write`: the database of the path, by a token without a scope or by one whose scope holds it with `ro` or
 *   `rw` / with `rw`.
 * - `manage`: the database of the path, by a token without a scope.
 */
export type Access = 'none' | 'any' | 'account' | 'owner' | 'read' | 'write' | 'manage'

export interface RouteResponse {
  description: string
  schema: z.ZodType
}

/** One operation of the REST API. Validation, OpenAPI and the types of handlers all come from it. */
export interface Route {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** OpenAPI's form: `/customer/databases/{database_id}`. */
  path: string
  operationId: string
  tag: string
  summary: string
  description?: string
  access: Access
  params?: z.ZodObject
  query?: z.ZodObject
  body?: {
    schema: z.ZodType
    /** False: the request may come without a body, which then counts as `{}`. */
    required: boolean
    maxBytes: number
    /** The body is bytes of any media type, and the schema only describes them. */
    raw?: true
  }
  /** The replies of success; `ERROR_RESPONSES` come beside them. */
  responses: Record<number, RouteResponse>
  /** POST only: false where `Idempotency-Key` is refused. */
  idempotent?: boolean
}

export const MAX_BODY_BYTES = 256 * 1024
/** The text of SQL may be long: it is one string. */
export const MAX_SQL_BODY_BYTES = 10 * 1024 * 1024
/** Of every body: its arrays, objects and further elements, and how deep they are nested. */
export const MAX_BODY_VALUES = 10_000
export const MAX_BODY_DEPTH = 64

/** Keeps the literal types of a route's parts. */
export function defineRoute<const R extends Route>(route: R): R {
  return route
}

export type ParamsOf<R extends Route> = R extends { params: infer P extends z.ZodType }
  ? z.output<P>
  : undefined
export type QueryOf<R extends Route> = R extends { query: infer Q extends z.ZodType }
  ? z.output<Q>
  : undefined
export type BodyOf<R extends Route> = R extends { body: { raw: true } }
  ? Uint8Array
  : R extends { body: { schema: infer B extends z.ZodType } }
    ? z.output<B>
    : undefined

/** The replies of success that a handler may give: `{ status: 201, body: … }`. */
export type ReplyOf<R extends Route> = {
  [Status in keyof R['responses'] & number]: R['responses'][Status] extends {
    schema: infer S extends z.ZodType
  }
    ? { status: Status; body: z.input<S> }
    : never
}[keyof R['responses'] & number]
