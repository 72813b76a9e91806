/** What a service of the data plane gives to the pipeline: the price of a request, and its handler. */
import type { Session } from '@db9/query'
import type { RateLimit } from '@db9/types/internal'
import type { DataReply } from '../http/reply.ts'
import type { Timing } from '../http/timing.ts'
import type { ChargedKey } from '../keys/admission.ts'
import type { RouteKind } from '../metrics.ts'
import type { DataRequest } from './incoming.ts'

/** Who sends a request: a role of the database, and the claims of its JWT. */
export type Caller = Pick<Session, 'role' | 'claims'>

/** What a request is charged as. */
export interface Price {
  /** Reads may be served while the key's object does not answer. */
  isRead: boolean
  /** Tokens, by the costs of the key. */
  tokens(costs: RateLimit['costs']): number
}

/** A request whose caller is known and whose key has paid for it. */
export interface Admitted {
  request: DataRequest
  caller: Caller
  key: ChargedKey
  /** Null where the client did not ask for times. */
  timing: Timing | null
}

export interface DataService {
  /** What its requests are counted as. */
  name: RouteKind
  /** Found by method, path and headers alone: the key is not known yet. */
  priceOf(request: DataRequest): Price
  /** Answers the request, or throws; the pipeline makes a refusal of what is thrown. */
  handle(admitted: Admitted): Promise<DataReply>
}
