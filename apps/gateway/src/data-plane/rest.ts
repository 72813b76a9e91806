/** The service `/rest/v1`: PostgREST's API. Reads the body, parses, plans, runs one transaction, and shapes the reply. */
import { kindOf, type RequestKind, readAhead, type Session } from '@db9/query'
import type { HeldBody } from '../http/held-bodies.ts'
import type { DataReply } from '../http/reply.ts'
import type { Admitted, DataService } from '../pipeline/service.ts'
import { answer } from './answer.ts'
import { readBody } from './body.ts'
import { restDeps } from './deps.ts'
import { inSteps } from './in-steps.ts'
import { prepareRequest } from './prepared.ts'
import { sessionCookies, sessionHeaders } from './session-headers.ts'

export const rest: DataService = {
  name: 'rest',
  priceOf: ({ method, target, headers }) => {
    const kind = kindOf({ method, path: target.path, headers })
    return {
      isRead: kind !== 'write' && kind !== 'rpc',
      tokens: (costs) => tokensOf(kind, costs),
    }
  },
  handle,
}

/** A request with a wrong path or method reaches no database, so it costs as little as a read. */
function tokensOf(kind: RequestKind, costs: { rpc: number; write: number }): number {
  if (kind === 'rpc') return costs.rpc
  return kind === 'write' ? costs.write : 1
}

async function handle(admitted: Admitted): Promise<DataReply> {
  const { request } = admitted
  const { isolate, target, ctx } = request
  let held = null as HeldBody | null
  try {
    const body = await readBody(request.request, {
      maxBytes: maxBytesOf(admitted),
      pace: isolate.config.bodyPace,
      share: isolate.largeBodies.of(target.databaseId),
      hold: () => {
        held = isolate.heldBodies.open(target.databaseId, (work) => ctx.waitUntil(work))
        return held
      },
    })
    return await handleBody(body, admitted)
  } finally {
    held?.release()
  }
}

async function handleBody(body: string, admitted: Admitted): Promise<DataReply> {
  const { request, caller, key, timing } = admitted
  const { method, target, url, query, address, headers } = request
  const basePath = url.pathname.slice(0, url.pathname.length - target.path.length)
  // Goes through all of `headers`, which makes each later lookup cheap (`fast/request-headers.ts`).
  const visible = sessionHeaders(headers, address)
  const session: Session = { ...caller, headers: visible, cookies: sessionCookies(headers.get('cookie')) }
  const contentType = headers.get('content-type')
  // A long CSV is read in steps, before its request is planned.
  const ahead = body === '' ? null : await inSteps(readAhead(body, contentType, maxBytesOf(admitted)))
  const input = { method, path: target.path, basePath, query, headers, body, ahead }
  const prepared = prepareRequest(input, key.served, request.isolate.prepared)
  timing?.end('parse')
  const reply = await answer(prepared, session, restDeps(request))
  timing?.end('sql')
  return reply
}

function maxBytesOf({ key }: Admitted): number {
  return key.served.config.data_api.caps.request_bytes
}
