/** The one role that visitors of the data plane arrive as; it logs in by an SQL credential of the gateway alone. */
export const AUTHENTICATOR = 'authenticator'

/**
 * Settings of authenticator's startup packet. They win over `ALTER DATABASE … SET` and `ALTER ROLE … SET`, with which
 * an owner could otherwise redirect names, widen limits or change how values are written.
 */
const PINNED: Record<string, string> = {
  search_path: 'pg_catalog',
  role: 'none',
  statement_timeout: '10000',
  lock_timeout: '5000',
  idle_in_transaction_session_timeout: '10000',
  transaction_timeout: '15000',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read\\ committed',
  default_transaction_deferrable: 'off',
  row_security: 'on',
  local_preload_libraries: '',
  client_min_messages: 'error',
  bytea_output: 'hex',
  extra_float_digits: '1',
  xmloption: 'content',
  array_nulls: 'on',
  standard_conforming_strings: 'on',
  transform_null_equals: 'off',
  check_function_bodies: 'on',
}

/** What a pooled session of the HTTP door starts with. */
export function pooledParameters(role: string, database: string): Record<string, string> {
  const common = {
    user: role,
    database,
    client_encoding: 'UTF8',
    DateStyle: 'ISO',
    IntervalStyle: 'postgres',
  }
  if (role !== AUTHENTICATOR) return { ...common, application_name: 'db9 sql over http' }
  const options = Object.entries(PINNED).map(([name, value]) => `-c ${name}=${value}`)
  return { ...common, TimeZone: 'UTC', application_name: 'db9 gateway', options: options.join(' ') }
}
