/** Which extensions an owner may create that Postgres leaves to superusers, and why each may be. */

/**
 * Of contrib. A trusted extension's script runs as the superuser, and its functions are everybody's unless the script says
 * otherwise: none of these reads or writes files, connects to anything, or shows rows that the caller may not read.
 */
export const TRUSTED_CONTRIB: ReadonlySet<string> = new Set([
  // Triggers that set a column of the row at hand.
  'autoinc',
  'insert_username',
  'moddatetime',
  // Functions of SQL over cube.
  'earthdistance',
  // Counts of pages and rows; all but pg_stat_scan_tables and pg_monitor, which admin is in, are shut out by the scripts.
  'pg_buffercache',
  'pg_freespacemap',
  'pg_stat_statements',
  'pg_visibility',
  'pgrowlocks',
  'pgstattuple',
])

/** From elsewhere: types, operators and index methods, without files and network. */
export const TRUSTED_EXTERNAL: ReadonlySet<string> = new Set(['vector'])

/**
 * Languages that run code of another interpreter, and what goes with them. Their flaws are flaws of every database that has
 * them (CVE-2026-116323 and CVE-2026-14670, for example), and most of them need libraries that are not there.
 */
export const LANGUAGES = /^pl(?:perl|tcl|python)|_pl(?:perl|tcl|python)/
