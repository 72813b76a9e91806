/** Fetches a small document from an address that may be asked, and from no other. */
import { lookup as resolve } from 'node:dns'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isLoopbackAddress, isPublicAddress } from './public-address.ts'

const MAX_BYTES = 64 * 1024

export interface GuardedFetchOptions {
  signal: AbortSignal
  headers: Headers
  /** Loopback too, and http. */
  allowLocal: boolean
}

/**
 * The reply to a GET. Every address that the name leads to is checked, and the connection is made to a checked one, so that a
 * second answer of the DNS changes nothing. Follows no redirect. Rejects where the reply is longer than 64 KiB.
 */
export async function guardedFetch(
  text: string,
  { signal, headers, allowLocal }: GuardedFetchOptions,
): Promise<Response> {
  const url = new URL(text)
  if (url.protocol !== 'https:' && !(allowLocal && url.protocol === 'http:'))
    throw new Error('the URL is not https')
  const mayAsk = (address: string) => isPublicAddress(address) || (allowLocal && isLoopbackAddress(address))
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // No name is looked up of what is an address already.
  if (isIP(host) !== 0 && !mayAsk(host)) throw new Error('the address is not a public one')
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const message = await new Promise<IncomingMessage>((done, fail) => {
    request(
      url,
      { signal, headers: Object.fromEntries(headers), agent: false, lookup: checkedLookup(mayAsk) },
      done,
    )
      .on('error', fail)
      .end()
  })
  const body = await readAll(message)
  return new Response(new Uint8Array(body), { status: toStatus(message.statusCode) })
}

/** `Response` refuses a body for some statuses, and none of those is a document. */
function toStatus(status: number | undefined): number {
  return status === 200 ? 200 : 502
}

function checkedLookup(mayAsk: (address: string) => boolean): LookupFunction {
  return (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '')
      const [first] = addresses
      if (!first || !addresses.every(({ address }) => mayAsk(address)))
        return done(new Error('the name leads to an address that is not public'), '')
      if (options.all) done(null, addresses)
      else done(null, first.address, first.family)
    })
  }
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    // Leaving the loop ends the connection.
    if (size > MAX_BYTES) throw new Error(`the document is larger than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
