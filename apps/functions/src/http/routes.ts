/** The internal routes of the functions part. No client but the other parts may call them. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isFromBrowser } from '@db9/internal-api/browser-guard'
import { createNonceStore } from '@db9/internal-api/nonces'
import { SIGNATURE_HEADER, verifyOnce } from '@db9/internal-api/signature'
import type { HmacKey } from '@db9/types/crypto'
import {
  type CodeSpec,
  FUNCTION_CALLER_HEADER,
  FUNCTION_REFUSAL_HEADER,
  FUNCTIONS_PATHS,
  type FunctionCaller,
  type RunRequest,
} from '@db9/types/functions-part'
import { INTERNAL_PATHS } from '@db9/types/internal'
import type { Logger } from 'pino'
import { HostError, type HostErrorCode, STATUS_OF } from '../errors.ts'
import type { FunctionsHost } from '../host.ts'
import { readText } from '../read-text.ts'
import { type PublicCallDeps, serveCall } from './public-call.ts'

/** An input and the values of all secrets. */
const MAX_BODY_BYTES = 8 * 2 ** 20
/** The claims of a caller are in one. */
const MAX_HEADER_BYTES = 64 * 1024
const HEADERS_TIMEOUT_MS = 15_000
/** A client of ours gives up where it reads nothing for five minutes; blanks before JSON say that it goes on. */
const BLANK_EVERY_MS = 60_000

export interface RoutesDeps extends PublicCallDeps {
  host: Pick<FunctionsHost, 'check' | 'run' | 'cancel' | 'serve'>
  internalKey: HmacKey
  log: Logger
}

export function createRoutes(deps: RoutesDeps): Server {
  const options = { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: 0 }
  const verify = verifier(deps.internalKey)
  return createServer(options, (request, response) => {
    const isCall = request.url?.startsWith(CALLS) === true
    const served = isCall
      ? answerCall(request, response, verify, deps)
      : answer(request, response, verify, deps)
    served.catch((error: unknown) => refuse(response, error, deps.log))
  })
}

const CALLS = FUNCTIONS_PATHS.http('', '').slice(0, -1)

type Verify = (request: IncomingMessage, body: string) => Promise<void>

/** Throws `Forbidden` for what no part has signed, or a browser has sent. */
function verifier(key: HmacKey): Verify {
  const nonces = createNonceStore()
  return async ({ method = '', url: path = '', headers }, body) => {
    const signature = headers[SIGNATURE_HEADER]
    const isSigned = await verifyOnce({ method, path, body }, String(signature ?? ''), { key, nonces })
    if (!isSigned) throw new Forbidden()
  }
}

/** A call of a client: its own headers are among those of the request, a browser's too. */
async function answerCall(
  request: IncomingMessage,
  response: ServerResponse,
  verify: Verify,
  deps: RoutesDeps,
): Promise<void> {
  const text = String(request.headers[FUNCTION_CALLER_HEADER] ?? '')
  await verify(request, text)
  const caller = JSON.parse(decodeURIComponent(text)) as FunctionCaller
  const refusal = await serveCall(request, response, caller, deps)
  if (refusal !== null) sendRefusal(response, refusal, 404)
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  verify: Verify,
  { host }: RoutesDeps,
): Promise<void> {
  const { method, url = '' } = request
  if (method === 'GET' && url === INTERNAL_PATHS.health) return sendJson(response, 200, { status: 'ok' })
  if (isFromBrowser((name) => name in request.headers)) throw new Forbidden()
  const body = await readText(request, MAX_BODY_BYTES)
  await verify(request, body)
  if (method !== 'POST') throw new HostError('not_found', 'not found')
  if (url === FUNCTIONS_PATHS.check)
    return sendJson(response, 200, await host.check(JSON.parse(body) as CodeSpec))
  if (url === FUNCTIONS_PATHS.run) return answerRun(response, JSON.parse(body) as RunRequest, host)
  const runId = /^\/internal\/functions\/runs\/(\w{1,64})\/cancel$/.exec(url)?.[1]
  if (runId === undefined || !host.cancel(runId)) throw new HostError('not_found', 'not found')
  sendJson(response, 200, {})
}

async function answerRun(
  response: ServerResponse,
  request: RunRequest,
  host: Pick<FunctionsHost, 'run'>,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const blanks = setInterval(() => response.write(' '), BLANK_EVERY_MS)
  try {
    const reply = await host.run(request, gone.signal)
    clearInterval(blanks)
    sendJson(response, 200, reply)
  } finally {
    clearInterval(blanks)
  }
}

class Forbidden extends Error {}

const REFUSAL_OF: Record<HostErrorCode, string> = {
  busy: 'busy',
  unavailable: 'unavailable',
  not_found: 'missing',
  invalid: 'unavailable',
}

function refuse(response: ServerResponse, error: unknown, log: Logger): void {
  const { refusal, status, message } = toRefusal(error)
  if (status === 500) log.error({ err: error }, 'a call failed')
  sendRefusal(response, refusal, status, message)
}

function toRefusal(error: unknown): { refusal: string; status: number; message: string } {
  if (error instanceof HostError) {
    const { code, message } = error
    return { refusal: REFUSAL_OF[code], status: STATUS_OF[code], message }
  }
  if (error instanceof Forbidden)
    return { refusal: 'unavailable', status: 403, message: 'the signature is not valid' }
  return { refusal: 'unavailable', status: 500, message: 'internal error' }
}

function sendRefusal(response: ServerResponse, refusal: string, status: number, message = refusal): void {
  if (!response.headersSent) response.setHeader(FUNCTION_REFUSAL_HEADER, refusal)
  sendJson(response, status, { message })
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (!response.headersSent) response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
