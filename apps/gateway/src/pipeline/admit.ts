/** Charges a request to its key's limit, and refuses it where its client has too many large replies to read. */
import { refusals } from '../http/refusals.ts'
import { networkFor } from '../http/source.ts'
import type { ChargedKey } from '../keys/admission.ts'
import { callersOf } from '../keys/fair-share.ts'
import type { Identified } from './identify.ts'
import type { DataRequest } from './incoming.ts'
import { isRefusal, type Refusal } from './refuse.ts'
import type { Price } from './service.ts'

export async function admit(
  { caller, key }: Identified,
  request: DataRequest,
  { isRead, tokens }: Price,
): Promise<ChargedKey | Refusal> {
  const cost = tokens(key.served.config.key.rate_limit.costs)
  const callers = () => callersOf(request.address, caller.claims.sub)
  const charged = await key.charge({ cost, isRead, callers })
  if (isRefusal(charged)) return charged
  // Before the handler begins: once a write is done, its reply must be sent.
  const { largeReplies } = request.isolate
  const mayStart = largeReplies.mayStart(request.target.databaseId, () => networkFor(request))
  return mayStart ? charged : refusals.repliesTooMany()
}
