/** Makes a running server do what its state says. */
import type { StorageState } from '@db9/types/internal'
import type { Client } from 'pg'
import { USUAL_WAL_BYTES, walSize } from './state.ts'

/** Of every session that is not the proxy's or ours; only the owner may say READ WRITE against it. */
const READ_ONLY = 'default_transaction_read_only'

/** Settings by name, as ALTER SYSTEM keeps them; null: none, which is the default. */
export type KeptSettings = Readonly<Record<string, string | null>>

/** What a server is told for its state and quota: a write-ahead log that leaves most of a small quota to the data. */
export function settingsFor(state: StorageState, quotaBytes: number | null): KeptSettings {
  const wal = quotaBytes === null ? USUAL_WAL_BYTES : walSize(quotaBytes)
  return {
    [READ_ONLY]: state === 'ok' ? null : 'on',
    // In megabytes, as initdb writes it for segments of one.
    max_wal_size: wal === USUAL_WAL_BYTES ? null : `${wal / 2 ** 20}MB`,
  }
}

/** Makes the server agree with its state. Nothing is written where it does already. */
export async function applySettings(client: Client, wanted: KeptSettings): Promise<void> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    `select name, setting from pg_file_settings where name = any ($1) and sourcefile like '%/postgresql.auto.conf'`,
    [Object.keys(wanted)],
  )
  const kept = new Map(rows.map(({ name, setting }) => [name, setting]))
  const differing = Object.entries(wanted).filter(([name, value]) => (kept.get(name) ?? null) !== value)
  for (const [name, value] of differing) {
    await client.query(
      value === null ? `alter system reset ${name}` : `alter system set ${name} = '${value}'`,
    )
  }
  if (differing.length > 0) await client.query('select pg_reload_conf()')
}

/** So that the log of what was done until now need not be kept. */
export async function checkpoint(client: Client): Promise<void> {
  await client.query('checkpoint')
}

/** Ends the sessions of all but the superuser (oid 10). Those that begin from now on know the state. */
export async function endSessions(client: Client): Promise<void> {
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where backend_type in ('client backend', 'walsender') and usesysid <> 10`,
  )
}

/** Ends the sessions of roles that may not connect now: all but the owner's, and those in which the service reads. */
export async function endOthers(client: Client): Promise<void> {
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where backend_type in ('client backend', 'walsender') and usesysid <> 10
        and usename not in ('admin', 'db9_admin', 'authenticator', 'db9_service', 'db9_reader')`,
  )
}

/**
 * Forgets the statements that pg_stat_statements has counted, and their texts, which it keeps in a file. By a function that
 * is gone with its transaction: in the databases, the extension is the owner's to drop.
 */
export async function forgetStatements(client: Client): Promise<void> {
  await client.query(
    `begin;
     create function pg_temp.forget(oid, oid, int8, bool) returns timestamptz language c
       as '$libdir/pg_stat_statements', 'pg_stat_statements_reset_1_11';
     select pg_temp.forget(0, 0, 0, false);
     rollback`,
  )
}
