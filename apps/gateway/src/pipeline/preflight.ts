/**
 * Answers preflights. Any origin may ask: the real request is checked against the key's list, and a page can read its refusal
 * only where the browser was allowed to send it. No database is looked up, since a preflight carries no key.
 */
import { preflightHeaders } from '../http/cors.ts'
import { readerOf } from './origin.ts'

export function answerPreflight(headers: { get(name: string): string | null }): Response {
  return new Response(null, { status: 204, headers: preflightHeaders(readerOf(headers)) })
}
