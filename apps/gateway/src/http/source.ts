/** The source of a request: its client's address and network, and how a large reply is sent back. */

import type { Isolate } from '../isolate.ts'
import { clientAddress, networkOf, peerOf } from './address.ts'
import type { Delivery } from './outgoing-body.ts'

export interface Source {
  request: Request
  headers: { get(name: string): string | null }
  isolate: Isolate
}

/** The address of the client; null where it is not known. */
export function addressFor({ request, headers, isolate: { config } }: Source): string | null {
  const { addressRules } = config
  return clientAddress({ headers, peer: peerOf(request, addressRules) }, addressRules)
}

/** The network whose failures and large replies count together. Empty, and one for all, where the address is not known. */
export function networkFor(source: Source): string {
  const address = addressFor(source)
  return address === null ? '' : networkOf(address)
}

/** How a large reply is sent to the client. `of` is the database, or the REST API, that the reply comes from. */
export function deliveryFor(source: Source, of: string, ctx: Pick<ExecutionContext, 'waitUntil'>): Delivery {
  const { config, largeReplies } = source.isolate
  return {
    idleMs: config.replyIdleMs,
    begin: (bytes) => largeReplies.begin(of, networkFor(source), bytes),
    waitUntil: (work) => ctx.waitUntil(work),
  }
}
