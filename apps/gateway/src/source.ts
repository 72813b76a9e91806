/** Where a request comes from: its client's address, whose failures count together, and how a reply gets back to it. */
import { clientAddress, networkOf, peerOf } from './address.ts'
import type { Isolate } from './isolate.ts'
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

/** Whose failures count together: those without a known address are one. */
export function networkFor(source: Source): string {
  const address = addressFor(source)
  return address === null ? '' : networkOf(address)
}

/** How a large reply to a request gets to its client; `of` is the database, or the REST API, that it is of. */
export function deliveryFor(source: Source, of: string, ctx: Pick<ExecutionContext, 'waitUntil'>): Delivery {
  const { config, largeReplies } = source.isolate
  return {
    idleMs: config.replyIdleMs,
    begin: (bytes) => largeReplies.begin(of, networkFor(source), bytes),
    waitUntil: (work) => ctx.waitUntil(work),
  }
}
