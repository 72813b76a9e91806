/**
 * What a caller is told of an error of Postgres: names of what its key lists, and values that it sent itself. A message
 * is put together from whatever the statement, a trigger or a policy met, so what is not known to be the caller's is left
 * out. What a function raises on purpose is the owner's own word and passes.
 */
import type { Plan } from '../plan/plan.ts'
import { isOfParameter, isRaised } from './error-origin.ts'
import type { PostgresFields } from './postgres-fields.ts'
import { HIDDEN, NameRedaction } from './redact-names.ts'
import { redactDetails } from './redact-rows.ts'
import { isSent } from './sent-values.ts'

export interface Told {
  message: string
  details: string | null
  hint: string | null
}

export function redact(code: string, fields: PostgresFields, plan: Plan | undefined): Told {
  const { message } = fields
  const details = fields.detail ?? null
  const hint = fields.hint ?? null
  if (isOwnersWord(code, fields)) return { message, details, hint }
  if (plan === undefined || isOfServer(code)) {
    return { message: message.replace(/"[^"]*"/g, HIDDEN), details: null, hint: null }
  }
  const names = new NameRedaction(plan.exposure.shownNames, fields)
  if (isOfParameter(fields)) return { message: names.inTypes(message), details, hint }
  return {
    message: withoutSystemSchema(redactMessage(code, message, plan, names)),
    details: details === null ? null : redactDetails(code, details, plan, names, fields),
    hint: hint === null ? null : names.inText(hint),
  }
}

/** Our SQL names Postgres' own functions in full, PostgREST's does not. */
function withoutSystemSchema(message: string): string {
  return message.replace(/^function pg_catalog\./, 'function ')
}

/** P0001 and classes that Postgres itself never uses, and whatever a function says in words of its own. */
function isOwnersWord(code: string, fields: PostgresFields): boolean {
  return code === 'P0001' || (/^[I-Z]/.test(code) && !/^(?:P0|XX)/.test(code)) || isRaised(fields)
}

/** Files, processes and faults: nothing of it is the caller's. */
function isOfServer(code: string): boolean {
  return /^(?:08|53|57|58|F0|XX)/.test(code)
}

/** A value that could not be read stands at the end of a message, or at its start. */
const VALUE_AT_END = /^(.*?)(: "(.*)")$/s
const VALUE_AT_START = /^((?:value |time zone )?)"(.*)"( (?:is out of range|not recognized|not unique).*)$/s
/** Bytes that are no text: `invalid byte sequence for encoding "UTF8": 0xff`. */
const BYTES_AT_END = /: 0x[0-9a-f]{2}(?: 0x[0-9a-f]{2})*$/

function redactMessage(code: string, message: string, plan: Plan, names: NameRedaction): string {
  const [, before = '', value = '', after] = VALUE_AT_START.exec(message) ?? []
  if (after !== undefined) {
    return `${before}${isSent(value, plan) ? `"${value}"` : HIDDEN}${names.inTypes(after)}`
  }
  const [, start, end = '', last = ''] = VALUE_AT_END.exec(message) ?? []
  if (start !== undefined) return names.inMessage(start) + (isSent(last, plan) ? end : '')
  const text = message.replace(BYTES_AT_END, '')
  return code.startsWith('22') ? names.inMessage(text, (name) => isSent(name, plan)) : names.inMessage(text)
}
