/**
 * What the control API asks, signed. POST /internal/invalidate: keys changed, and their objects give the change with the next lease.
 * POST /internal/databases/{id}/refused: the last refused requests.
 */
import { isFromBrowser } from '@db9/internal-api/browser-guard'
import { createNonceStore } from '@db9/internal-api/nonces'
import { SIGNATURE_HEADER, verifyOnce } from '@db9/internal-api/signature'
import { isId } from '@db9/types/ids'
import type { Invalidation } from '@db9/types/internal'
import type { HeldBody } from '../http/held-bodies.ts'
import { BodyFault, readText } from '../http/incoming-body.ts'
import type { Isolate } from '../isolate.ts'

const MAX_BODY_BYTES = 256 * 1024
/** For this isolate alone: an invalidation that arrives at two isolates does no harm. */
const nonces = createNonceStore()

type Answer = (body: string, isolate: Isolate) => Promise<Response>

/** `path` is what the signature covers. */
export async function answerSigned(
  request: Request,
  { path, answer }: { path: string; answer: Answer },
  isolate: Isolate,
  waitUntil: (work: Promise<unknown>) => void,
): Promise<Response> {
  if (isFromBrowser((name) => request.headers.has(name))) return new Response(null, { status: 403 })
  const held = isolate.heldBodies.open(HELD_AS, waitUntil)
  try {
    const body = await readSigned(request, path, isolate, held)
    return typeof body === 'string' ? await answer(body, isolate) : body
  } finally {
    held.release()
  }
}

/** The name that its bodies are counted under. The sender is unknown until the body, which is signed, is whole. */
const HELD_AS = 'invalidations'

/** The body, or why it is not taken. */
async function readSigned(
  request: Request,
  path: string,
  isolate: Isolate,
  held: HeldBody,
): Promise<string | Response> {
  const rules = {
    maxBytes: MAX_BODY_BYTES,
    pace: isolate.config.bodyPace,
    count: (bytes: number, end: () => void) => held.take(bytes, end),
  }
  const body = await readText(request, rules).catch(toBodyFault)
  held.complete()
  if (body instanceof BodyFault) return new Response(null, { status: FAULTS[body.kind] })
  if (body === null) return new Response(null, { status: 413 })
  const signature = request.headers.get(SIGNATURE_HEADER)
  const parts = { method: request.method, path, body }
  const isSigned = await verifyOnce(parts, signature, { key: isolate.config.internalSecret, nonces })
  return isSigned ? body : new Response(null, { status: 401 })
}

export const invalidate: Answer = async (body, isolate) => {
  const invalidation = parseInvalidation(body)
  if (!invalidation) return new Response(null, { status: 400 })
  await notifyObjects(invalidation, isolate)
  return new Response(null, { status: 204 })
}

export const refusedOf =
  (databaseId: string): Answer =>
  async (_, { config: { database } }) =>
    isId('database', databaseId)
      ? Response.json(await database.get(database.idFromName(databaseId)).refused())
      : new Response(null, { status: 404 })

const FAULTS = { late: 408, broken: 400 } as const

function toBodyFault(error: unknown): BodyFault {
  if (error instanceof BodyFault) return error
  throw error
}

async function notifyObjects({ key_ids }: Invalidation, isolate: Isolate): Promise<void> {
  const { keyLimiter } = isolate.config
  for (const id of key_ids) {
    // The next request asks the object before it is served. Leased tokens only count against the limit: they admit no revoked key.
    const entry = isolate.keys.get(id)
    if (!entry) continue
    entry.freshUntil = 0
    entry.unknownUntil = 0
  }
  await Promise.all(key_ids.map((id) => keyLimiter.get(keyLimiter.idFromName(id)).invalidate()))
}

function parseInvalidation(text: string): Invalidation | null {
  try {
    const { database_id, key_ids } = JSON.parse(text) as Partial<Record<keyof Invalidation, unknown>>
    if (typeof database_id !== 'string' || !isId('database', database_id) || !Array.isArray(key_ids))
      return null
    const ids = key_ids.filter(
      (id): id is string => typeof id === 'string' && (isId('publishableKey', id) || isId('serviceKey', id)),
    )
    return { database_id, key_ids: ids }
  } catch {
    return null
  }
}
