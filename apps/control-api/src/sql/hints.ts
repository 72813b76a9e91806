/** What to do instead, where Postgres refuses its owner what migrations written for Supabase ask for. */
import type { SqlError } from './outcome.ts'

interface Hint {
  code: string
  message: RegExp
  detail?: RegExp
  hint: string
}

const HINTS: readonly Hint[] = [
  {
    code: '42501',
    message: /^permission denied to alter role$/,
    detail: /"(?:anon|authenticated|authenticator|service_role)"/,
    hint: 'Set it with PUT /customer/databases/{database_id}/data-api: statement_timeout_ms, max_rows, aggregates_enabled, pre_request (docs/from-supabase.md).',
  },
  {
    code: '42501',
    message: /^permission denied to create event trigger /,
    hint: 'Event triggers fire for everything in the database and are db9’s alone. Put triggers on tables instead.',
  },
  {
    code: '42501',
    message: /^permission denied to set parameter "[^".]+\.[^"]+"$/,
    hint: 'Of settings with a dot, those that guides of Supabase name may be set, as app.settings.jwt_secret; keep others in a table.',
  },
]

/** Postgres' own hint, or ours where it has none that helps here. */
export function hintFor({ code, message, detail, hint }: SqlError): string | undefined {
  const found = HINTS.find(
    (each) =>
      each.code === code &&
      each.message.test(message) &&
      (each.detail === undefined || each.detail.test(detail ?? '')),
  )
  return found?.hint ?? hint
}
