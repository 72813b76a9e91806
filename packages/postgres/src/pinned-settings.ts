/**
 * Settings that a session pins in its startup packet. They win over `ALTER DATABASE … SET` and `ALTER ROLE … SET`, with which
 * an owner could otherwise redirect names, widen limits or end sessions of the service.
 */

export type Settings = Readonly<Record<string, string>>

/** What every session of the service pins: with these set by the owner, no session would start, last or mean the same. */
export const EVERY_SESSION: Settings = {
  local_preload_libraries: '',
  exit_on_error: 'off',
  idle_session_timeout: '0',
}

/** Beside those, for sessions that run SQL of ours under a role that is not the owner's. */
export const OWN_STATEMENTS: Settings = {
  ...EVERY_SESSION,
  role: 'none',
  default_transaction_deferrable: 'off',
  default_transaction_isolation: 'read committed',
  standard_conforming_strings: 'on',
  check_function_bodies: 'on',
  transform_null_equals: 'off',
}

/** The settings as `options` of a startup packet, where a backslash keeps a space within a value. */
export function toStartupOptions(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
    .join(' ')
}
