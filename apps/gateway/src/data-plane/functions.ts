/** The service `/functions/v1`: passes a request on to the functions part, which runs the function of its path. */

import { SIGNATURE_HEADER, signRequest } from '@db9/internal-api/signature'
import { isOfOneReply } from '@db9/query'
import {
  FUNCTION_ANSWER_HEADER,
  FUNCTION_CALLER_HEADER,
  FUNCTION_REFUSAL_HEADER,
  FUNCTIONS_PATHS,
  type FunctionCaller,
} from '@db9/types/functions-part'
import { StreamedText } from '../http/outgoing-body.ts'
import { headersToPass, passBody } from '../http/passed-request.ts'
import { refusals } from '../http/refusals.ts'
import type { DataReply } from '../http/reply.ts'
import type { Admitted, DataService } from '../pipeline/service.ts'

const MAX_BODY_BYTES = 10 * 1024 * 1024
/** The longest run, with its place in the queue and the start of a runtime; the functions part ends it at its own limit. */
const MAX_MS = 340_000

export const functions: DataService = {
  name: 'functions',
  priceOf: () => ({ isRead: false, tokens: ({ rpc }) => rpc }),
  handle,
}

async function handle({ request, caller }: Admitted): Promise<DataReply> {
  const { config } = request.isolate
  const { method, target, url, requestId } = request
  if (!config.functions) throw refusals.serviceMissing('This installation has no functions at /functions/v1')
  const path = FUNCTIONS_PATHS.http(target.databaseId, target.path) + url.search
  const headers = headersToPass(request.request.headers)
  if (headers === null) throw refusals.headersTooLarge()
  for (const name of HIDDEN) headers.delete(name)
  // A key is none of the function's business, and neither is a JWT that was not verified.
  if (caller.role !== 'authenticated') headers.delete('authorization')
  const body = callerText({ ...caller, url: request.request.url, request_id: requestId })
  headers.set(FUNCTION_CALLER_HEADER, body)
  headers.set(SIGNATURE_HEADER, await signRequest({ method, path, body }, config.internalSecret))
  const abort = new AbortController()
  const passed = passBody(request.request, {
    maxBytes: MAX_BODY_BYTES,
    pace: config.bodyPace,
    abort: () => abort.abort(),
  })
  const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(MAX_MS)])
  const response = await config.functions
    .fetch(path, { method, headers, body: passed.readable, redirect: 'manual', signal })
    .catch(() => null)
  const fault = passed.fault()
  if (fault !== null) throw BODY_REFUSALS[fault]()
  if (response === null) throw refusals.functionsUnavailable()
  return toReply(response, method)
}

/** Headers are of few characters. */
function callerText(caller: FunctionCaller): string {
  return encodeURIComponent(JSON.stringify(caller))
}

const BODY_REFUSALS = {
  tooLarge: () => refusals.bodyTooLarge(MAX_BODY_BYTES),
  broken: refusals.bodyBroken,
  late: refusals.bodyLate,
}

const REFUSALS: Readonly<Record<string, () => Error>> = {
  missing: refusals.functionMissing,
  failed: refusals.functionFailed,
  late: refusals.functionLate,
  busy: refusals.functionsBusy,
}

/** Cookies are of the whole origin, which the functions of all databases share. */
const HIDDEN = ['apikey', 'cookie', 'accept-encoding'] as const

/** What a function may say beside what SQL may. Its media type is its own: the reply's security policy has a page do nothing. */
const ALSO_ALLOWED = new Set(['accept-ranges', 'allow', 'content-range'])

async function toReply(response: Response, method: string): Promise<DataReply> {
  // The runtime would decode an encoded body, and encode it again.
  if (!response.headers.has(FUNCTION_ANSWER_HEADER) || response.headers.has('content-encoding')) {
    await response.body?.cancel()
    throw (REFUSALS[response.headers.get(FUNCTION_REFUSAL_HEADER) ?? ''] ?? refusals.functionsUnavailable)()
  }
  const headers = [...response.headers].filter(
    ([name, value]) => ALSO_ALLOWED.has(name) || isOfOneReply(name, value),
  )
  const isBodiless = response.body === null || method === 'HEAD'
  const body = isBodiless ? null : new StreamedText(response.body, null, true)
  return { status: response.status, headers, body, encoding: 'text' }
}
