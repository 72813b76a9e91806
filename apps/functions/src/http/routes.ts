/** The internal routes of the functions part. No client but the other parts may call them. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isFromBrowser } from '@db9/internal-api/browser-guard'
import { createNonceStore } from '@db9/internal-api/nonces'
import { SIGNATURE_HEADER, verifyOnce } from '@db9/internal-api/signature'
import type { HmacKey } from '@db9/types/crypto'
import { type CodeSpec, FUNCTIONS_PATHS, type RunRequest } from '@db9/types/functions-part'
import { INTERNAL_PATHS } from '@db9/types/internal'
import type { Logger } from 'pino'
import { HostError, STATUS_OF } from '../errors.ts'
import type { FunctionsHost } from '../host.ts'
import { readText } from '../read-text.ts'

/** An input and the values of all secrets. */
const MAX_BODY_BYTES = 8 * 2 ** 20
const REQUEST_TIMEOUT_MS = 35_000

export interface RoutesDeps {
  host: Pick<FunctionsHost, 'check' | 'run' | 'cancel'>
  internalKey: HmacKey
  log: Logger
}

export function createRoutes({ host, internalKey: key, log }: RoutesDeps): Server {
  const nonces = createNonceStore()

  const admit = async (request: IncomingMessage): Promise<string> => {
    if (isFromBrowser((name) => name in request.headers)) throw new Forbidden()
    const body = await readText(request, MAX_BODY_BYTES)
    const parts = { method: request.method ?? '', path: request.url ?? '', body }
    const signature = request.headers[SIGNATURE_HEADER]
    if (typeof signature !== 'string' || !(await verifyOnce(parts, signature, { key, nonces })))
      throw new Forbidden()
    return body
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<Reply> => {
    const { method, url = '' } = request
    if (method === 'GET' && url === INTERNAL_PATHS.health) return { status: 200, body: { status: 'ok' } }
    const body = await admit(request)
    if (method !== 'POST') return NOT_FOUND
    if (url === FUNCTIONS_PATHS.check)
      return { status: 200, body: await host.check(JSON.parse(body) as CodeSpec) }
    if (url === FUNCTIONS_PATHS.run) {
      const gone = new AbortController()
      response.once('close', () => gone.abort())
      return { status: 200, body: await host.run(JSON.parse(body) as RunRequest, gone.signal) }
    }
    const runId = /^\/internal\/functions\/runs\/([\w]{1,64})\/cancel$/.exec(url)?.[1]
    if (runId === undefined) return NOT_FOUND
    return host.cancel(runId) ? { status: 200, body: {} } : NOT_FOUND
  }

  return createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answer(request, response)
      .catch((error: unknown) => toErrorReply(error, log))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(body))
      })
  })
}

interface Reply {
  status: number
  body: unknown
}

const NOT_FOUND: Reply = { status: 404, body: { message: 'not found' } }

class Forbidden extends Error {}

function toErrorReply(error: unknown, log: Logger): Reply {
  if (error instanceof Forbidden) return { status: 403, body: { message: 'the signature is not valid' } }
  if (error instanceof HostError) return { status: STATUS_OF[error.code], body: { message: error.message } }
  log.error({ err: error }, 'a call failed')
  return { status: 500, body: { message: 'internal error' } }
}
