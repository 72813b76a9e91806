/** What Postgres is told for every database, and what its server may take of the machine. */
import type { DatabaseSettings } from '../../settings.ts'

/** Part of the socket's name; nothing listens on TCP. */
export const PORT = 5432

/** Set by initdb for good: small, since each stop and each moment restored ends a segment early. */
export const WAL_SEGMENT_BYTES = 2 ** 20

const SUPERUSER_CONNECTIONS = 5
/** What a session takes beside its sorts and hashes: catalog caches, a large statement, a reply that is being built. */
const SESSION_BYTES = 8 * 2 ** 20
const LEAST_MEMORY_BYTES = 256 * 2 ** 20
/** Of a server beside its sessions: its own, autovacuum, the archiver, and what short-lived programs a recovery starts. */
const OWN_PROCESSES = 32

/** What all processes of a database's server may take of memory, in bytes: enough for every session that it allows. */
export function memoryLimit({ sharedBuffersMb, workMemMb, maxConnections }: DatabaseSettings): number {
  const session = SESSION_BYTES + 2 * workMemMb * 2 ** 20
  return LEAST_MEMORY_BYTES + sharedBuffersMb * 2 ** 20 + maxConnections * session
}

/** How many processes its server may have. */
export function processLimit({ maxConnections }: DatabaseSettings): number {
  return maxConnections + SUPERUSER_CONNECTIONS + OWN_PROCESSES
}

/** Small settings for many servers on one machine; on the command line they win over whatever an owner sets. */
const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  port: String(PORT),
  unix_socket_permissions: '0700',
  superuser_reserved_connections: String(SUPERUSER_CONNECTIONS),
  io_method: 'sync',
  max_worker_processes: '2',
  max_files_per_process: '256',
  max_parallel_workers: '0',
  autovacuum_worker_slots: '2',
  autovacuum_max_workers: '2',
  max_logical_replication_workers: '0',
  archive_mode: 'on',
  // Refuses to overwrite what differs, accepts what is the same, and answers only once it is on disk.
  archive_library: 'basic_archive',
  // What a reader of the archive alone may be behind; moments are restored from what is not archived yet, too.
  archive_timeout: '60',
  // Commands that Postgres would run in a shell, were they set in the data folder by code that ran there.
  archive_command: '',
  archive_cleanup_command: '',
  recovery_end_command: '',
  restore_command: '',
  ssl: 'off',
  jit: 'off',
  // systemd removes System V and POSIX shared memory of users that log out.
  dynamic_shared_memory_type: 'mmap',
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track_utility': 'off',
  'pg_stat_statements.max': '1000',
  // What LISTEN and NOTIFY keep on disk, in pages of 8 KB.
  max_notify_queue_pages: '2048',
  // What tells an idle session from a busy one.
  track_activities: 'on',
  // Statements and values of owners must not be written to a log: below fatal, `RAISE LOG` would do so.
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  log_min_messages: 'fatal',
  logging_collector: 'off',
}

/** What a server is started with, for its command line. */
export function serverSettings(settings: DatabaseSettings): Readonly<Record<string, string>> {
  return {
    ...SERVER_SETTINGS,
    shared_buffers: `${settings.sharedBuffersMb}MB`,
    // A default: databases, roles and sessions may still set their own.
    work_mem: `${settings.workMemMb}MB`,
    max_connections: String(settings.maxConnections + SUPERUSER_CONNECTIONS),
    // What one process may spill: a statement could fill the volume between two looks at the quota.
    temp_file_limit:
      settings.diskQuotaBytes === null ? '-1' : `${Math.ceil(settings.diskQuotaBytes / 1024)}kB`,
  }
}
