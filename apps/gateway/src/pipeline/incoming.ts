/** A request as the Worker hands it to the data plane, and the same once its database and service are known. */
import { RequestHeaders } from '../fast/request-headers.ts'
import type { RequestUrl } from '../fast/url.ts'
import { addressFor, type Source } from '../http/source.ts'
import type { Isolate } from '../isolate.ts'

export interface Incoming {
  request: Request
  url: RequestUrl
  requestId: string
  isolate: Isolate
  ctx: ExecutionContext
}

/** Which database a request means, and what of its path is the service's own. */
export interface DataTarget {
  databaseId: string
  /** What follows the service's prefix and a slash, still percent-encoded. */
  path: string
}

/** A request to a service of a database. */
export class DataRequest implements Source {
  readonly request: Request
  readonly url: RequestUrl
  readonly requestId: string
  readonly isolate: Isolate
  readonly ctx: ExecutionContext
  readonly target: DataTarget
  readonly method: string
  readonly headers: RequestHeaders
  /** The key, once it is known to open this database. */
  keyId: string | null = null
  #address: string | null | undefined

  constructor({ request, url, requestId, isolate, ctx }: Incoming, target: DataTarget) {
    this.request = request
    this.url = url
    this.requestId = requestId
    this.isolate = isolate
    this.ctx = ctx
    this.target = target
    this.method = request.method
    this.headers = new RequestHeaders(request.headers)
  }

  /** The client's address; null where it is not known. */
  get address(): string | null {
    if (this.#address === undefined) this.#address = addressFor(this)
    return this.#address
  }

  /** Without the question mark. */
  get query(): string {
    return this.url.search.slice(1)
  }
}
