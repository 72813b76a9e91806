/** A call of a function by a client of the data plane, which the gateway has identified and charged. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { FUNCTION_ANSWER_HEADER, type FunctionCaller, type FunctionTarget } from '@db9/types/functions-part'
import { newId } from '@db9/types/ids'
import type { FunctionsHost, HttpOutcome } from '../host.ts'
import type { RunReports } from './run-reports.ts'
import type { FunctionTargets } from './targets.ts'

export interface PublicCallDeps {
  host: Pick<FunctionsHost, 'serve'>
  targets: Pick<FunctionTargets, 'find'>
  reports: Pick<RunReports, 'send'>
}

/** Why the function has not answered. */
export type PublicRefusal = 'missing' | 'failed' | 'late'

const PATH = /^\/internal\/functions\/of\/(db_[0-9a-z]{26})\/([A-Za-z0-9_-]{1,63})(?:[/?]|$)/

/** Null where the function has answered. */
export async function serveCall(
  request: IncomingMessage,
  response: ServerResponse,
  caller: FunctionCaller,
  { host, targets, reports }: PublicCallDeps,
): Promise<PublicRefusal | null> {
  const [, databaseId, name] = PATH.exec(request.url ?? '') ?? []
  if (databaseId === undefined || name === undefined) return 'missing'
  const target = await targets.find(databaseId, name)
  if (!target || !(target.is_public || caller.role === 'service_role')) return 'missing'
  const gone = new AbortController()
  // It closes after a whole answer, too, when work may still go on.
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const run_id = newId('run')
  const role = target.role ?? caller.role
  const started_at = Date.now()
  const outcome = await host.serve(
    {
      code: target.code,
      start: { run_id, trigger_type: 'api', role, claims: claimsOf(caller), timeout_ms: target.timeout_ms },
      url: caller.url,
      method: request.method ?? 'GET',
      headers: headersFor(request),
      body: hasBody(request) ? request : null,
      signal: gone.signal,
    },
    (reply) => passOn(reply, response),
  )
  reports.send(toFinished(outcome, target, { run_id, role, started_at }))
  return outcome.kind === 'answered' ? null : outcome.kind
}

function claimsOf({ role, claims }: FunctionCaller): Record<string, unknown> | null {
  return role === 'authenticated' ? claims : null
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Left out both ways: of the connection, or of how a body is encoded, which none is. */
const OF_THE_CONNECTION = new Set(['accept-encoding', 'connection', 'host', 'keep-alive', 'upgrade'])

/** `content-length` or `transfer-encoding` among them: Node frames a body by what is said here, with DELETE too. */
function headersFor({ headers }: IncomingMessage): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || name.startsWith('x-db9-') || OF_THE_CONNECTION.has(name) ? [] : [[name, value]],
    ),
  )
}

async function passOn(reply: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = Object.entries(reply.headersDistinct).flatMap(([name, values = []]) =>
    name.startsWith('x-db9-') || OF_THE_CONNECTION.has(name) || /^(?:transfer|content)-encoding$/.test(name)
      ? []
      : values.flatMap((value) => [name, value]),
  )
  response.writeHead(reply.statusCode ?? 502, [...headers, FUNCTION_ANSWER_HEADER, '1'])
  // The first part of a stream may come late, and its client is to know before that it was taken.
  response.flushHeaders()
  await pipeline(reply, response)
}

function toFinished(
  { reply }: HttpOutcome,
  { code }: FunctionTarget,
  run: { run_id: string; role: string; started_at: number },
) {
  const { database_id, function_id, version_id } = code
  return { ...reply, ...run, database_id, function_id, version_id }
}
