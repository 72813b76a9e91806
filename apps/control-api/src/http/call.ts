/** What a handler gets, and what it gives. */
import type { Access, BodyOf, ParamsOf, QueryOf, ReplyOf, Route } from '@db9/types'
import type { Transaction } from 'kysely'
import type { Caller } from '../auth/caller.ts'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'
import type { EncodedJson, Paged, Reply } from './reply.ts'
import type { RequestInfo } from './request-info.ts'

type CallerFor<A extends Access> = A extends 'none' ? null : Caller
type DatabaseFor<A extends Access> = A extends 'read' | 'write' | 'manage' ? DatabaseRow : undefined

/** A request that is authenticated, authorised and parsed: all that a handler needs to know of it. */
export interface CallOf<R extends Route> {
  caller: CallerFor<R['access']>
  /** The database of the path; the caller may do with it what the route does. */
  database: DatabaseFor<R['access']>
  params: ParamsOf<R>
  query: QueryOf<R>
  body: BodyOf<R>
  request: RequestInfo
  remember: Remember
}

/** Keeps the reply for the request's Idempotency-Key in the transaction that does the work. Returns the reply. */
export type Remember = <T extends Reply>(trx: Transaction<Tables>, reply: T) => Promise<T>

type AnswerOf<R extends Route> = Promise<
  (ReplyOf<R> & Paged) | { status: ReplyOf<R>['status']; body: EncodedJson }
>

/** A handler of a resource: `Deps` is what it uses. `bind` makes a `BoundHandler` of it. */
export type Handler<R extends Route, Deps> = (deps: Deps, call: CallOf<R>) => AnswerOf<R>

export type BoundHandler<R extends Route> = (call: CallOf<R>) => AnswerOf<R>

/** A call of any route, as it is before the types of the route are known. */
export interface AnyCall {
  caller: Caller | null
  database: DatabaseRow | undefined
  params: unknown
  query: unknown
  body: unknown
  request: RequestInfo
  remember: Remember
}

export type AnyHandler = (call: AnyCall) => Promise<Reply>
