/** Sessions of the superuser, for catalogs and lifecycle. */

import { setTimeout as sleep } from 'node:timers/promises'
import { GuardedSocket } from '@db9/postgres/guarded-socket'
import { OWN_STATEMENTS, type Settings, toStartupOptions } from '@db9/postgres/pinned-settings'
import { SQLSTATE } from '@db9/postgres/sqlstate'
import pg from 'pg'
import { EngineError } from '../../errors.ts'
import { SUPERUSER } from '../cluster/bootstrap/roles.sql.ts'
import { PORT } from '../process/postgres-settings.ts'
import type { ServerAccess } from '../process/running-server.ts'

/** Without this search_path an owner's own function could run in the place of one of Postgres', as superuser. */
const SETTINGS: Settings = {
  ...OWN_STATEMENTS,
  search_path: 'pg_catalog,pg_temp',
  statement_timeout: '30000',
  lock_timeout: '10000',
  transaction_timeout: '0',
  idle_in_transaction_session_timeout: '60000',
  default_transaction_read_only: 'off',
  default_table_access_method: 'heap',
  default_tablespace: '',
  // What is acknowledged must be on disk.
  synchronous_commit: 'on',
  row_security: 'off',
  session_replication_role: 'origin',
  client_min_messages: 'warning',
}
const CONNECT_LIMIT_MS = 15_000
const RETRY_MS = 25
/**
 * A server may be anything that its owner made of it: what it answers is bounded in time and in bytes. Of what is asked here,
 * a list of every table is the longest answer.
 */
const ANSWER_LIMIT_MS = 60_000
/** For a statement that takes as long as the disk does, as a checkpoint or a rewrite. */
export const DISK_LIMIT_MS = 10 * 60_000
const MOST_BYTES = 64 * 2 ** 20
const END_LIMIT_MS = 1_000
const OPTIONS = toStartupOptions(SETTINGS)

/**
 * Roles are the same in every database of a server. Statements about roles run in `template1`, which only the service uses,
 * out of reach of an owner's objects and settings.
 */
export type SuperuserDatabase = 'postgres' | 'template1'

export interface SuperuserOptions {
  /** For each statement; left out, what catalogs take. */
  limitMs?: number | undefined
  /** Ends the session at once, beside the signal of the server. */
  signal?: AbortSignal | undefined
}

/**
 * Runs `work` in every database that may hold an owner's objects, one after the other. For catalogs and for commands
 * that Postgres itself runs as the owner of what they touch; whatever runs triggers or functions is not safe here.
 */
export async function inEachDatabase(
  server: ServerAccess,
  work: (client: pg.Client, database: string) => Promise<void>,
  options: SuperuserOptions = {},
): Promise<void> {
  const { rows } = await asSuperuser(server, 'template1', (client) =>
    client.query<{ name: string }>(
      "select datname as name from pg_database where datname not in ('template0', 'template1')",
    ),
  )
  for (const { name } of rows) await inDatabase(server, name, (client) => work(client, name), options)
}

/** Runs `work` in a database that may hold an owner's objects, under the same rules. */
export function inDatabase<T>(
  server: ServerAccess,
  name: string,
  work: (client: pg.Client) => Promise<T>,
  options: SuperuserOptions = {},
): Promise<T> {
  return inSession(server, name, work, options)
}

/**
 * Runs `work` in a session of the superuser: catalogs and lifecycle only, never an owner's statement. What fails is an
 * `EngineError` with Postgres' own error as its cause.
 */
export function asSuperuser<T>(
  server: ServerAccess,
  database: SuperuserDatabase,
  work: (client: pg.Client) => Promise<T>,
  options: SuperuserOptions = {},
): Promise<T> {
  return inSession(server, database, work, options)
}

interface Session {
  client: pg.Client
  socket: GuardedSocket
}

interface ConnectOptions {
  limitMs: number | undefined
  signal: AbortSignal
}

async function inSession<T>(
  server: ServerAccess,
  database: string,
  work: (client: pg.Client) => Promise<T>,
  options: SuperuserOptions,
): Promise<T> {
  const given = [server.signal, options.signal].filter((signal) => signal !== undefined)
  // Of this session alone: those that were given live on, and must not keep what has ended.
  const ended = new AbortController()
  const end = () => ended.abort()
  for (const signal of given) {
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
  }
  let session: Session | undefined
  try {
    ended.signal.throwIfAborted()
    session = await connect(server, database, { limitMs: options.limitMs, signal: ended.signal })
    return await work(session.client)
  } catch (cause) {
    if (ended.signal.aborted)
      throw new EngineError('unavailable', 'work on the database was called off', { cause })
    if (cause instanceof EngineError) throw cause
    throw new EngineError('unavailable', 'the database does not answer its own service', { cause })
  } finally {
    for (const signal of given) signal.removeEventListener('abort', end)
    if (session) await close(session)
  }
}

/** Waits no longer than `END_LIMIT_MS` for a server to close its side. */
async function close({ client, socket }: Session): Promise<void> {
  if (!socket.destroyed) await Promise.race([client.end().catch(() => {}), sleep(END_LIMIT_MS)])
  socket.destroy()
}

/** A server that recovers from the loss of a session answers again soon, and its callers wait that long. */
async function connect(
  { socketFolder, logins }: ServerAccess,
  database: string,
  { limitMs, signal }: ConnectOptions,
): Promise<Session> {
  for (const limit = Date.now() + CONNECT_LIMIT_MS; ; await sleep(RETRY_MS)) {
    signal.throwIfAborted()
    const socket = new GuardedSocket({ signal, mostBytes: MOST_BYTES })
    const client = new pg.Client({
      host: socketFolder,
      stream: () => socket,
      port: PORT,
      user: SUPERUSER,
      password: logins.password(SUPERUSER),
      database,
      options: limitMs === undefined ? OPTIONS : `${OPTIONS} -c statement_timeout=${limitMs}`,
      application_name: 'db9',
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      query_timeout: limitMs ?? ANSWER_LIMIT_MS,
    })
    client.on('error', () => {
      // The server ended; the caller that awaits a query gets the error.
    })
    try {
      await client.connect()
      return { client, socket }
    } catch (error) {
      socket.destroy()
      const isRecovering = error instanceof pg.DatabaseError && error.code === SQLSTATE.cannotConnectNow
      if (!isRecovering || Date.now() > limit) throw error
    }
  }
}

/** The SQLSTATE behind an error of `asSuperuser`, or undefined where Postgres gave none. */
export function sqlStateOf(error: unknown): string | undefined {
  const cause = error instanceof EngineError ? error.cause : undefined
  return cause instanceof pg.DatabaseError ? cause.code : undefined
}
