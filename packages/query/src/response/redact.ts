import type { Plan } from '../plan/plan.ts'
import { mainParams } from '../sql/statement.ts'
import type { PostgresFields } from './postgres-error.ts'

export interface Told {
  message: string
  details: string | null
  hint: string | null
}

const HIDDEN = '(not exposed)'

/**
 * An error of Postgres without the names of relations that the key does not list, and without values of rows that the
 * caller did not send. What a function raises on purpose is the owner's own word and passes.
 */
export function redact(code: string, fields: PostgresFields, plan: Plan | undefined): Told {
  const told: Told = {
    message: withoutSystemSchema(fields.message),
    details: fields.detail ?? null,
    hint: fields.hint ?? null,
  }
  if (isRaised(code)) return told
  if (plan === undefined) return { message: genericMessage(told.message), details: null, hint: null }
  return {
    message: withoutValues(withoutNames(told.message, plan), plan),
    details: withoutRow(told.details, plan),
    hint: told.hint === null ? null : withoutNames(told.hint, plan),
  }
}

/** Our SQL names Postgres' own functions in full, PostgREST's does not. */
function withoutSystemSchema(message: string): string {
  return message.replace(/^function pg_catalog\./, 'function ')
}

/** P0001 and classes that Postgres itself never uses. */
function isRaised(code: string): boolean {
  return code === 'P0001' || (/^[I-Z]/.test(code) && !/^(?:P0|XX)/.test(code))
}

/** Without a plan nothing is known of what may be named. */
function genericMessage(message: string): string {
  return message.replace(/"[^"]*"/g, HIDDEN)
}

/** Relations stand in double quotes, except after "permission denied for". */
function withoutNames(text: string, plan: Plan): string {
  const isHidden = (name: string) => plan.exposure.isHiddenName(name)
  return text
    .replace(/"([^"]+)"/g, (all, name: string) => (isHidden(name) ? HIDDEN : all))
    .replace(
      /^(permission denied for (?:table|view|materialized view|foreign table|sequence) )(.+)$/,
      (all, start: string, name: string) => (isHidden(name) ? start + HIDDEN : all),
    )
}

/** A value that could not be read stands at the end of the message; it is told to whoever sent it. */
function withoutValues(message: string, plan: Plan): string {
  return message.replace(/: "(.*)"$/s, (all, value: string) => (isSent(value, plan) ? all : ''))
}

function isSent(value: string, plan: Plan): boolean {
  return [...mainParams(plan), plan.preferences.timezone].some((param) => param?.includes(value))
}

/** Whether a failing row holds nothing but what the caller sent, and nulls. */
function isOwnRow(details: string, plan: Plan): boolean {
  if (plan.action !== 'write' || plan.write.kind === 'delete') return false
  const { columns, body } = plan.write
  const names = new Set(columns.map(({ name }) => name))
  if (plan.target.columns.size === names.size) return true
  if (plan.write.kind !== 'insert') return false
  const rows: Record<string, unknown>[] = JSON.parse(body.json)
  return rows.some((row) => {
    const values = [...plan.target.columns.keys()].map((name) =>
      shownValue(names.has(name) ? row[name] : null),
    )
    return details === `Failing row contains (${values.join(', ')}).`
  })
}

/** A value of JSON as Postgres prints it; what may be printed otherwise is then not found to be the caller's. */
function shownValue(value: unknown): string {
  if (typeof value === 'boolean') return value ? 't' : 'f'
  return value === undefined ? 'null' : String(value)
}

/** `Failing row contains (…)` and `Key (a)=(1) …` quote the row. */
function withoutRow(details: string | null, plan: Plan): string | null {
  if (details === null) return null
  const sent = plan.action === 'write' && plan.write.kind !== 'delete' ? plan.write.columns : []
  const names = new Set(sent.map(({ name }) => name))
  if (details.startsWith('Failing row contains')) {
    return isOwnRow(details, plan) ? withoutNames(details, plan) : null
  }
  const key = /^Key \((.+?)\)=\((.*)\)( .*)$/s.exec(details)
  if (key === null) return withoutNames(details, plan)
  const [, columns = '', , rest = ''] = key
  const isOwn = columns.split(', ').every((column) => names.has(column.replaceAll('"', '')))
  return withoutNames(isOwn ? details : `Key (${columns})${rest}`, plan)
}
