import type { Route } from '@db9/types'
import type * as z from 'zod'
import { ApiError } from '../errors.ts'
import { describeIssue } from './issues.ts'
import { isStorable } from './storable-text.ts'

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i

/** Reads and validates the body that a contract declares. Throws 400 naming the field; nothing in it is ignored. */
export async function readBody(request: Request, declared: NonNullable<Route['body']>): Promise<unknown> {
  const text = await readText(request, declared.maxBytes)
  if (text === '') {
    if (declared.required) throw new ApiError('invalid_request', 'body: is required, as application/json')
    return parseInput(declared.schema, {}, 'body')
  }
  if (!JSON_TYPE.test(request.headers.get('content-type') ?? '')) {
    throw new ApiError('invalid_request', 'Content-Type: must be application/json')
  }
  return parseInput(declared.schema, parseJson(text), 'body')
}

/** Reads the body, and stops reading as soon as it is too large whatever Content-Length says. */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = () => new ApiError('invalid_request', `body: must be at most ${maxBytes} bytes`)
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge()
  if (!request.body) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new ApiError('invalid_request', 'body: must be UTF-8')
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiError('invalid_request', 'body: is not valid JSON')
  }
}

/** Input as the schema reads it; `whole` names it where the fault is in no field of it. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, whole: string): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) {
    if (isStorable(parsed.data)) return parsed.data
    const [field = whole] = Object.entries(parsed.data ?? {}).find(([, value]) => !isStorable(value)) ?? []
    throw new ApiError('invalid_request', `${field}: has a NUL character or half of a surrogate pair`)
  }
  const { field, problem } = describeIssue(parsed.error)
  throw new ApiError('invalid_request', `${field || whole}: ${problem}`)
}
