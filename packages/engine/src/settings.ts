/** Part of the socket's name; nothing listens on TCP. */
export const PORT = 5432

/** Connections that the data proxy may hold: the server's, less those kept for the superuser. */
export const CLIENT_CONNECTIONS = 45
const SUPERUSER_CONNECTIONS = 5

/** Small settings for many servers on one machine; on the command line they win over whatever a tenant sets. */
export const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  port: String(PORT),
  unix_socket_permissions: '0700',
  shared_buffers: '16MB',
  max_connections: String(CLIENT_CONNECTIONS + SUPERUSER_CONNECTIONS),
  superuser_reserved_connections: String(SUPERUSER_CONNECTIONS),
  io_method: 'sync',
  max_worker_processes: '2',
  max_parallel_workers: '0',
  autovacuum_worker_slots: '2',
  autovacuum_max_workers: '2',
  max_logical_replication_workers: '0',
  jit: 'off',
  // systemd removes System V and POSIX shared memory of users that log out.
  dynamic_shared_memory_type: 'mmap',
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track_utility': 'off',
  // Tenants' statements and values are nobody's to read in a log: below fatal, `RAISE LOG` would write there.
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  log_min_messages: 'fatal',
  logging_collector: 'off',
}
