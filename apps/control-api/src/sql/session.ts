/** One request's SQL on a connection of its own. */
import { connect } from 'node:net'
import { cancelRequest } from '@db9/postgres/frontend'
import { GuardedSocket } from '@db9/postgres/guarded-socket'
import { EVERY_SESSION, OWN_STATEMENTS, type Settings, toStartupOptions } from '@db9/postgres/pinned-settings'
import { SQLSTATE } from '@db9/postgres/sqlstate'
import { READER, type UpstreamAddress } from '@db9/types/internal'
import pg from 'pg'
import { type TextOutcome, type TextQuery, TextSubmission } from './text-query.ts'

export interface SessionLogin {
  /** `reader`: the role that reads what admin reads, and changes nothing. */
  as: 'admin' | 'reader'
  address: UpstreamAddress
  database: string
  /** Passwords of the service's own login roles. */
  logins: Readonly<Record<string, string>>
  readOnly: boolean
  /** The text is the service's own: nothing that the owner has set or made counts in it. */
  isOurs: boolean
}

export interface SessionOptions extends SessionLogin {
  statementTimeoutMs: number
  maxRows: number
  maxBytes: number
}

/** Why a session was cut off from our side. */
export type CutReason = 'too_many_rows' | 'too_many_bytes' | 'account_bytes' | 'timeout' | 'client_gone'

export class SessionCut extends Error {
  readonly reason: CutReason

  constructor(reason: CutReason) {
    super(`session cut: ${reason}`)
    this.name = 'SessionCut'
    this.reason = reason
  }
}

/** The login by which the session begins has another password or other settings than it was made with. */
export class LoginChanged extends Error {
  constructor() {
    super('a session of the database has changed a login of the service')
    this.name = 'LoginChanged'
  }
}

export interface SessionBounds {
  signal: AbortSignal
  /** Counts bytes as they arrive; false ends the session. */
  takeBytes?: (bytes: number) => boolean
  /** Gets the session's pid in the server before the statement runs. */
  onSession?: (pid: number) => void
}

/** What startup, errors and types may take on the wire beside the values themselves. */
const WIRE_SLACK_BYTES = 256 * 1024
const GRACE_MS = 500

/** A session as `admin`, or as the role that only reads, for one request. */
export interface Session {
  client: pg.Client
  /** Runs a text of the owner's, whose rows count against the limit. */
  submit(query: TextQuery): Promise<TextOutcome>
}

/**
 * Does one request's work on a connection of its own, which ends with it: nothing that the SQL sets can reach another
 * request, and an open transaction rolls back. Throws pg's DatabaseError, `LoginChanged` before `work`, or `SessionCut`.
 */
export async function inSession<T>(
  options: SessionOptions,
  { signal, takeBytes = () => true, onSession = () => {} }: SessionBounds,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const socket = new GuardedSocket()
  const client = new pg.Client({
    ...loginOf(options),
    stream: () => socket,
    statement_timeout: options.statementTimeoutMs,
  })

  let rows = 0
  const cutOff = Promise.withResolvers<never>()
  const cut = (reason: CutReason) => {
    cancel(options.address, client)
    cutOff.reject(new SessionCut(reason))
    socket.destroy()
  }
  const onRow = () => {
    rows += 1
    if (rows === options.maxRows + 1) cut('too_many_rows')
  }
  const onAbort = () => cut('client_gone')
  // Counted on the wire: one value may be larger than the limit, and the parser would hold all of it first.
  socket.on('data', (chunk) => {
    if (socket.bytesRead > options.maxBytes + WIRE_SLACK_BYTES) cut('too_many_bytes')
    else if (!takeBytes(chunk.length)) cut('account_bytes')
  })
  const timer = setTimeout(() => cut('timeout'), options.statementTimeoutMs + GRACE_MS)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  client.on('error', () => {})
  cutOff.promise.catch(() => {})

  const submit = (query: TextQuery) => {
    const submission = new TextSubmission(query, onRow)
    client.query(submission)
    return submission.done
  }
  const converse = async () => {
    await client.connect().catch((error) => {
      throw isPasswordRefused(error) ? new LoginChanged() : error
    })
    onSession(Number(pidOf(client)))
    // A setting that this Postgres refuses now does not fail the request.
    if (!options.isOurs) {
      await requireUnchanged(client, options.as)
      const kept = [...Object.keys(pinnedSettings(options)), 'role']
      await client.query(ROLE_SETTINGS_SQL, [kept, options.as === 'reader']).catch(() => {})
    }
    return work({ client, submit })
  }

  try {
    return await Promise.race([converse(), cutOff.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    void client.end().catch(() => {})
  }
}

function isPasswordRefused(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === SQLSTATE.invalidPassword
}

/** Every role may set its own settings, and so may SQL that leaves the role that it runs as. */
async function requireUnchanged(client: pg.Client, as: SessionLogin['as']): Promise<void> {
  const { rowCount } = await client.query(OTHER_SETTINGS_SQL, [userOf(as), OWN_SETTINGS[as]])
  if (rowCount !== 0) throw new LoginChanged()
}

/** What the logins are made with. */
const OWN_SETTINGS = { admin: [], reader: ['default_transaction_read_only=on'] } as const

const OTHER_SETTINGS_SQL = `
  select from pg_catalog.pg_db_role_setting setting
   where setting.setrole operator(pg_catalog.=) $1::pg_catalog.regrole::pg_catalog.oid
     and (setting.setdatabase operator(pg_catalog.<>) 0::pg_catalog.oid or setting.setconfig operator(pg_catalog.<>) $2::pg_catalog.text[])`

/** So that none of them ends the session before it has looked. */
const WHILE_IT_LOOKS: Settings = { transaction_timeout: '0', idle_in_transaction_session_timeout: '0' }

/** The role that may become admin, whose own password is the owner's to change. */
const ADMIN_LOGIN = 'db9_admin'

/**
 * Sets what the owner has set for admin, as a login of admin would; the settings in $1 are ours and stay. With $2 those alone that
 * any role may set.
 */
const ROLE_SETTINGS_SQL = `
  select pg_catalog.set_config(own.name, own.value, false)
    from (select pg_catalog.split_part(item, '=', 1) as name,
                 pg_catalog.substr(item, pg_catalog.strpos(item, '=') operator(pg_catalog.+) 1) as value
            from pg_catalog.pg_db_role_setting setting, pg_catalog.unnest(setting.setconfig) item
           where setting.setrole operator(pg_catalog.=) 'admin'::pg_catalog.regrole::pg_catalog.oid
             and setting.setdatabase operator(pg_catalog.=) any (array[0,
                   (select d.oid from pg_catalog.pg_database d where d.datname operator(pg_catalog.=) pg_catalog.current_database())
                 ]::pg_catalog.oid[])
           order by setting.setdatabase) own
   where own.name operator(pg_catalog.<>) all ($1::pg_catalog.text[])
     and (not $2::pg_catalog.bool or pg_catalog.strpos(own.name, '.') operator(pg_catalog.>) 0 or exists (
           select from pg_catalog.pg_settings known
            where known.name operator(pg_catalog.=) own.name and known.context operator(pg_catalog.=) 'user'))`

/** Names mean what they mean in Postgres' own catalog, whatever the owner has made. */
const OUR_STATEMENTS: Settings = {
  ...OWN_STATEMENTS,
  search_path: 'pg_catalog,pg_temp',
  // Where a session has a limit, it states that beside these.
  statement_timeout: '0',
  lock_timeout: '10000',
  transaction_timeout: '0',
  row_security: 'off',
  // As a login of admin has it: what admin makes it may hand over and drop.
  createrole_self_grant: 'set, inherit',
  quote_all_identifiers: 'off',
  datestyle: 'ISO,MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
}

/** Settings of the session, which override what the owner has set for admin or the database. */
function pinnedSettings({ as, readOnly, isOurs }: SessionLogin): Settings {
  return {
    ...(isOurs ? OUR_STATEMENTS : EVERY_SESSION),
    ...(as === 'admin' && { role: 'admin' }),
    bytea_output: 'hex',
    client_encoding: 'UTF8',
    ...(readOnly && { default_transaction_read_only: 'on' }),
  }
}

/** How a session of ours logs in, and becomes admin where it is to. */
export function loginOf(options: SessionLogin): pg.ClientConfig {
  const user = userOf(options.as)
  return {
    ...connectionOf(options.address),
    user,
    password: options.logins[user],
    database: options.database,
    application_name: 'db9-api',
    options: toStartupOptions({ ...(!options.isOurs && WHILE_IT_LOOKS), ...pinnedSettings(options) }),
  }
}

function userOf(as: SessionLogin['as']): string {
  return as === 'admin' ? ADMIN_LOGIN : READER
}

const SOCKET_FILE = /^(.+)\/\.s\.PGSQL\.(\d+)$/

/** pg knows a unix socket by its folder and port, as libpq does. */
function connectionOf(address: UpstreamAddress) {
  if (address.kind === 'tcp') {
    return { host: address.host, port: address.port, password: address.password, ssl: address.tls }
  }
  const [, folder = address.path, port = '5432'] = SOCKET_FILE.exec(address.path) ?? []
  return { host: folder, port: Number(port) }
}

/** Asks Postgres to stop the running statement: a request on a connection of its own, with the session's key. */
function cancel(address: UpstreamAddress, client: pg.Client): void {
  const { secretKey } = client as unknown as { secretKey: number | null }
  const processID = pidOf(client)
  if (processID === null || secretKey === null) return
  const secret = Buffer.alloc(4)
  secret.writeInt32BE(secretKey)
  const { host, port } = connectionOf(address)
  const socket = address.kind === 'unix' ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
  socket.on('error', () => {})
  socket.end(cancelRequest(processID, secret))
}

/** Null before it is connected. */
function pidOf(client: pg.Client): number | null {
  return (client as unknown as { processID: number | null }).processID
}
