/** A request to the data plane as the Worker hands it on, before anything of it is read but its URL. */
import type { Isolate } from '../isolate.ts'
import type { RequestUrl } from '../url.ts'

export interface Incoming {
  request: Request
  url: RequestUrl
  requestId: string
  isolate: Isolate
  ctx: ExecutionContext
}
