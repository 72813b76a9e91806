/** Reads and checks the body of a request. */
import { MAX_BODY_DEPTH, MAX_BODY_VALUES, type Route } from '@db9/types'
import type * as z from 'zod'
import type { HeldBytes } from '../byte-accounts.ts'
import { ApiError } from '../errors.ts'
import { describeIssue } from './issues.ts'
import { type Excess, JsonBounds } from './json-bounds.ts'
import { withoutOptionalNulls } from './optional-nulls.ts'
import { isStorable } from './storable-text.ts'

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i
/** About how many bytes a parsed value takes beside its text. */
const BYTES_OF_VALUE = 64

/**
 * Reads and validates the body that a contract declares. Throws 400 naming the field; no field is ignored. 429 where
 * `held` has no room for it, before it is read where Content-Length is given.
 */
export async function readBody(
  request: Request,
  declared: NonNullable<Route['body']>,
  held: HeldBytes,
): Promise<unknown> {
  const text = await readText(request, declared.maxBytes, held)
  if (text === '') {
    if (declared.required) throw new ApiError('invalid_request', 'body: is required, as application/json')
    return parseInput(declared.schema, {}, 'body')
  }
  if (!JSON_TYPE.test(request.headers.get('content-type') ?? '')) {
    throw new ApiError('invalid_request', 'Content-Type: must be application/json')
  }
  return parseInput(declared.schema, withoutOptionalNulls(declared.schema, parseJson(text)), 'body')
}

/** Reads a body of any bytes. As `readBody`, but for what it says of JSON. */
export async function readBytes(
  request: Request,
  { maxBytes, required }: NonNullable<Route['body']>,
  held: HeldBytes,
): Promise<Uint8Array> {
  const bytes = await readWhole(request, maxBytes, held)
  if (required && bytes.length === 0) throw new ApiError('invalid_request', 'body: is required')
  return bytes
}

/**
 * Reads a body of JSON as text. Stops as soon as it is too large, also where Content-Length says less, or holds more
 * values than may be parsed.
 */
export async function readText(request: Request, maxBytes: number, held?: HeldBytes): Promise<string> {
  const bounds = new JsonBounds()
  const bytes = await readWhole(request, maxBytes, held, (chunk) => {
    const excess = bounds.push(chunk)
    if (excess) throw new ApiError('invalid_request', `body: ${EXCESSES[excess]}`)
    return bounds.values * BYTES_OF_VALUE
  })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new ApiError('invalid_request', 'body: must be UTF-8')
  }
}

/** All bytes of a body. `inspect` looks at each chunk, and says how many bytes more than the text all of it will take. */
async function readWhole(
  request: Request,
  maxBytes: number,
  held?: HeldBytes,
  inspect: (chunk: Uint8Array) => number = () => 0,
): Promise<Buffer> {
  const tooLarge = () => new ApiError('invalid_request', `body: must be at most ${maxBytes} bytes`)
  let taken = 0
  const take = (bytes: number) => {
    if (bytes <= taken) return
    if (held?.take(bytes - taken) === false) throw tooMuchHeld()
    taken = bytes
  }
  const told = Number(request.headers.get('content-length') ?? 0) || 0
  if (told > maxBytes) throw tooLarge()
  take(told)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunksOf(request)) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge()
    take(size + inspect(chunk))
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const EXCESSES: Record<Excess, string> = {
  values: `holds more than ${MAX_BODY_VALUES} values`,
  depth: `is nested more than ${MAX_BODY_DEPTH} deep`,
}

function tooMuchHeld(): ApiError {
  return new ApiError('rate_limited', 'the requests that are being answered hold too many bytes', {
    retryAfter: 1,
  })
}

/** The body as it arrives; one that breaks off is the sender's fault. */
async function* chunksOf({ body }: Request): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  try {
    while (reader) {
      const { done, value } = await reader.read().catch(() => {
        throw new ApiError('invalid_request', 'body: broke off')
      })
      if (done) return
      yield value
    }
  } finally {
    await reader?.cancel().catch(() => {})
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError('invalid_request', 'body: is not valid JSON')
  }
}

/** Input as the schema reads it. `whole` names the input in an error that concerns no single field. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, whole: string): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) {
    if (isStorable(parsed.data)) return parsed.data
    const [field = whole] = Object.entries(parsed.data ?? {}).find(([, value]) => !isStorable(value)) ?? []
    // Such text is in no id and in no name.
    if (whole === 'path') throw new ApiError('not_found', `${field.replace(/_id$/, '')} not found`)
    throw new ApiError('invalid_request', `${field}: has a NUL character or half of a surrogate pair`)
  }
  const { field, problem } = describeIssue(parsed.error)
  throw new ApiError('invalid_request', `${field || whole}: ${problem}`)
}
