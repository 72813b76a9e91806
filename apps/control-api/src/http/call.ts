import type { Access, BodyOf, ParamsOf, QueryOf, ReplyOf, Route } from '@db9/types'
import type { Transaction } from 'kysely'
import type { RequestInfo } from '../audit/audit.ts'
import type { Caller } from '../auth/caller.ts'
import type { DatabaseRow, Tables } from '../metadata/tables.ts'
import type { Services } from '../services.ts'

export interface Reply extends Paged {
  status: number
  body: unknown
}

/** Of a list: the cursor of its next page, null where there is none. */
export interface Paged {
  next?: string | null
}

/** A body that is JSON already, in UTF-8. */
export class EncodedJson {
  readonly bytes: Uint8Array<ArrayBuffer>

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes
  }
}

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
  /** Keeps the reply for the request's Idempotency-Key in the transaction that does the work. Returns the reply. */
  remember<T extends Reply>(trx: Transaction<Tables>, reply: T): Promise<T>
}

export type Handler<R extends Route> = (
  services: Services,
  call: CallOf<R>,
) => Promise<(ReplyOf<R> & Paged) | { status: ReplyOf<R>['status']; body: EncodedJson }>
