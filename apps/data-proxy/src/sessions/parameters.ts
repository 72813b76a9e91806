/** Startup parameters of pooled sessions. */
import { OWN_STATEMENTS, type Settings, toStartupOptions } from '@db9/postgres/pinned-settings'
import { type ConnectReply, DATA_LOGINS } from '@db9/types/internal'

const LOGINS: ReadonlySet<string> = new Set(Object.values(DATA_LOGINS))

/** Whether callers of the data plane arrive as this role; it logs in by an SQL credential of the gateway alone. */
export function isDataLogin(role: string): boolean {
  return LOGINS.has(role)
}

/** How values are written, for whichever role: the reply's readers expect it so. */
const COMMON = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO',
  IntervalStyle: 'postgres',
}

/**
 * Settings of the startup packet of these logins. They win over `ALTER DATABASE … SET` and `ALTER ROLE … SET`, with which
 * an owner could otherwise redirect names, widen limits, end sessions or change what values mean. All of Postgres 18's
 * settings that any user may change (`pg_settings.context = 'user'`) were gone through; those left out concern speed,
 * or words alone (lc_monetary, default_text_search_config).
 */
const SETTINGS: Settings = {
  ...OWN_STATEMENTS,
  search_path: 'pg_catalog',
  statement_timeout: '10000',
  lock_timeout: '5000',
  idle_in_transaction_session_timeout: '10000',
  transaction_timeout: '15000',
  row_security: 'on',
  client_min_messages: 'error',
  bytea_output: 'hex',
  extra_float_digits: '1',
  xmlbinary: 'base64',
  xmloption: 'content',
  array_nulls: 'on',
  backslash_quote: 'safe_encoding',
  escape_string_warning: 'on',
  quote_all_identifiers: 'off',
  restrict_nonsystem_relation_kind: '',
  gin_fuzzy_search_limit: '0',
  timezone_abbreviations: 'Default',
}

/** What a pooled session of the HTTP listener starts with. */
export function pooledParameters(
  role: string,
  { database, storage }: Pick<ConnectReply, 'database' | 'storage'>,
): Record<string, string> {
  const common = { user: role, database, ...COMMON }
  if (!isDataLogin(role)) return { ...common, application_name: 'db9 sql over http' }
  const settings = { ...SETTINGS, default_transaction_read_only: storage === 'ok' ? 'off' : 'on' }
  return { ...common, TimeZone: 'UTC', application_name: 'db9 gateway', options: toStartupOptions(settings) }
}
