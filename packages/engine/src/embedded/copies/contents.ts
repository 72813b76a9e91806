/** Which parts of a data directory a copy of it has. */

/** Top-level folders whose content belongs to one run of a server, or that are filled on their own (docs: 25.3.4). */
const LEFT_EMPTY: ReadonlySet<string> = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat',
  'pg_stat_tmp',
  'pg_subtrans',
])
const LEFT_OUT: ReadonlySet<string> = new Set([
  'postmaster.pid',
  'postmaster.opts',
  'tablespace_map',
  'recovery.signal',
  'standby.signal',
])

/** Postgres makes some twenty entries. */
export const MOST_TOP_ENTRIES = 1_000

/** Whether a top-level entry of a data directory is part of a copy. */
export function isCopied(name: string): boolean {
  return !LEFT_OUT.has(name)
}

/** Whether it is so as an empty folder. */
export function isLeftEmpty(name: string): boolean {
  return LEFT_EMPTY.has(name)
}
