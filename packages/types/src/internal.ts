/**
 * The internal API: what the gateway and the data proxy ask of the control API, and what the control API tells both of
 * them. Every call is a signed request (`packages/internal-api`); a call that a browser sent is refused.
 * Types and constants only, so that the gateway's bundle stays free of a schema library.
 */

/** Headers with this prefix are ours alone and are stripped from every request that enters at the gateway. */
export const INTERNAL_HEADER_PREFIX = 'x-db9-'
/** The address of the caller as the gateway saw it; control API and proxy believe it on signed requests only. */
export const CLIENT_ADDRESS_HEADER = 'x-db9-client-address'
/** On requests that the gateway forwards to /customer: the signature over method, path and client address. */
export const FORWARDED_HEADER = 'x-db9-forwarded'
/** One id per request, made at the gateway's entry, in every log line and error that belongs to it. */
export const REQUEST_ID_HEADER = 'x-request-id'

export const INTERNAL_PATHS = {
  /** GET, control API → `KeyConfig`; 404 where there is no such key. */
  key: (keyId: string) => `/internal/keys/${keyId}`,
  /** POST, control API, `ConnectRequest` → `ConnectReply`; wakes the database. 404, 409 (not ACTIVE), 503. */
  connect: (databaseId: string) => `/internal/databases/${databaseId}/connect`,
  /** POST, control API, `VerifierRequest` → `VerifierReply`; 404 where there is no such database. */
  verifier: (databaseId: string) => `/internal/databases/${databaseId}/verifier`,
  /** POST, control API, `ConnectRequest` → `LoginReply`; wakes the database. Answers as `connect`. */
  login: (databaseId: string) => `/internal/databases/${databaseId}/login`,
  /** POST, gateway, `Invalidation` → 204. */
  invalidate: '/internal/invalidate',
  /** POST, gateway → `RefusedRequest[]`, the newest first. */
  refused: (databaseId: string) => `/internal/databases/${databaseId}/refused`,
  /** POST, data proxy, `BatchRequest` → a row, see `ROW_HEADER`; in the name of an SQL credential, as a Bearer token. */
  batch: '/internal/batch',
  /** The same for several batches that only read, `BatchesRequest` → their answers, see `PARTS_HEADER`. */
  batches: '/internal/batches',
  /** POST, data proxy, `ReleaseRequest` → `ReleaseReply`: asked before an idle database is put to sleep. */
  release: (databaseId: string) => `/internal/databases/${databaseId}/release`,
  /** POST, data proxy, `ForgetRequest` → `ForgetReply`: logins of the database end. */
  forget: (databaseId: string) => `/internal/databases/${databaseId}/forget`,
  /** GET, control API and data proxy → 200 once they serve. Needs no signature. */
  health: '/internal/healthz',
} as const

/** One transaction; its answer is the first row of the last statement, values as Postgres prints them. */
export interface BatchRequest {
  readOnly: boolean
  isolation: 'read committed' | 'repeatable read' | 'serializable'
  /** End in ROLLBACK instead of COMMIT, and still answer. */
  rollback: boolean
  statements: { text: string; params: (string | null)[] }[]
  /** The column whose text is to be the reply's body, as it is; null for none. */
  bodyColumn: number | null
  /** Of the caller's request, for the log. */
  requestId: string
}

/** Batches of one database that only read, each a transaction of its own, read committed. */
export interface BatchesRequest {
  /** What their statements name by its place: mostly they are the same, but for their parameters. */
  texts: string[]
  batches: (Omit<BatchRequest, 'readOnly' | 'isolation' | 'statements'> & {
    statements: { text: number; params: (string | null)[] }[]
  })[]
}

/** The most batches that come together. */
export const MAX_PARTS = 16

/**
 * The row as JSON in ASCII, where the reply's body is the text of one of its columns; that column is `''` here, or null
 * where it is null. Without this header the body is the whole row, as JSON.
 */
export const ROW_HEADER = 'x-db9-row'

/** `1` beside a row: the statement is known to be quick and its answer is short, so that it may come with others. */
export const QUICK_HEADER = 'x-db9-quick'

/** How one of several batches was answered: as it would have been by itself. */
export interface PartHead {
  /** The batch's own. */
  requestId: string
  /** Null where the answer is long, or did not come soon: the batch is to be sent by itself. */
  status: number | null
  /** What `ROW_HEADER` would hold; null where the body is the whole row, or an error. */
  row: (string | null)[] | null
  /** The body's length in bytes. */
  bytes: number
}

/**
 * How many bytes of the body are the batches' `PartHead[]`, as JSON and in the order that they were sent; behind them come
 * the bodies, in the same order.
 */
export const PARTS_HEADER = 'x-db9-parts'

/** Logins at the data proxy by SQL credential alone: for publishable keys, for service keys, and for functions of other roles. */
export const DATA_LOGINS = {
  publishable: 'authenticator',
  service: 'db9_service',
  functions: 'db9_admin',
} as const

/** The login role that reads what `admin` reads and changes nothing: of read-only tokens, and of connect keys that name it. */
export const READER = 'db9_reader'

export type DataLogin = (typeof DATA_LOGINS)[keyof typeof DATA_LOGINS]

export type DatabaseState = 'CREATING' | 'ACTIVE' | 'CLONING' | 'DISABLING' | 'DISABLED' | 'CREATE_FAILED'

export interface RateLimit {
  /** Tokens that flow back each second. */
  rps: number
  /** The most that can be taken at once. */
  burst: number
  /** What a request costs; a read always costs 1. */
  costs: { write: number; rpc: number }
}

/** An identity provider whose tokens count. */
export interface TokenIssuer {
  jwks_url: string
  issuer: string
  /** Null: the audience is not checked. */
  audience: string | null
  subject_claim: string
  /** Claims handed to SQL beside sub, role, iss, aud, exp and iat; all where it is empty or holds `*`. */
  claims_allowlist: string[]
  claims_max_bytes: number
  /** RFC 3339; tokens issued before it are refused. Null: any. */
  min_issued_at: string | null
}

export interface ByoJwt extends TokenIssuer {
  /** Further ones, each with keys and rules of its own; no two have the same `issuer`. */
  additional_issuers: TokenIssuer[]
}

export interface DataApiSettings {
  max_rows: number | null
  aggregates_enabled: boolean
  plan_enabled: boolean
  tx_rollback_allowed: boolean
  /** A function called first in each transaction, `schema.name`. */
  pre_request: string | null
  extra_search_path: string[]
  statement_timeout_ms: { anon: number; authenticated: number }
  caps: DataApiCaps
}

export interface DataApiCaps {
  url_bytes: number
  filters: number
  in_values_url: number
  in_values_body: number
  logic_depth: number
  embeds: number
  embed_depth: number
  request_bytes: number
  response_bytes: number
}

export const DATA_API_DEFAULTS: DataApiSettings = {
  max_rows: 1000,
  aggregates_enabled: false,
  plan_enabled: false,
  tx_rollback_allowed: false,
  pre_request: null,
  extra_search_path: ['public', 'extensions'],
  statement_timeout_ms: { anon: 3000, authenticated: 8000 },
  caps: {
    url_bytes: 16 * 1024,
    filters: 100,
    in_values_url: 1000,
    in_values_body: 10_000,
    logic_depth: 10,
    embeds: 20,
    embed_depth: 6,
    request_bytes: 1024 * 1024,
    response_bytes: 10 * 1024 * 1024,
  },
}

/** Everything the gateway must know to serve a publishable or a service key: one call on the cold path, none on the warm one. */
export interface KeyConfig {
  /** Grows with every change of the key, of its database's state, auth config or data-api settings. */
  version: number
  key: {
    id: string
    /** SHA-256 of the whole value, hex. */
    sha256: string
    status: 'active' | 'revoked'
    /** Milliseconds since the epoch. */
    expires_at: number | null
    /** The key whose bucket this one takes from: its own id, or that of the key it came in place of. */
    limit_group: string
    /** Null: any origin. */
    allowed_origins: string[] | null
    allow_no_origin: boolean
    exposed_schemas: string[]
    /** Null: every table and view of the exposed schemas. */
    exposed_tables: string[] | null
    exposed_functions: string[]
    require_rls: boolean
    rate_limit: RateLimit
    on_limiter_failure: 'reads' | 'closed'
  }
  database: { id: string; state: DatabaseState }
  byo_jwt: ByoJwt | null
  /** Whether `auth.users` follows the JWTs. */
  sync_users: boolean
  data_api: DataApiSettings
}

export interface ConnectRequest {
  /** The Postgres role to log in as. */
  role: string
  /** The server has refused the password of a login of the service's own: it is to be set anew. */
  refused?: true
}

/** Where a database's Postgres listens. It is awake when this is answered. */
export type UpstreamAddress =
  | { kind: 'unix'; path: string }
  | { kind: 'tcp'; host: string; port: number; password: string; tls: boolean }

export interface ConnectReply {
  address: UpstreamAddress
  /** The physical database that the database's own name, its id and `postgres` stand for. */
  database: string
  /** The name that the API knows the database by. */
  name: string
  /** Changes whenever the running server or `storage` does; pooled connections of another epoch are dead. */
  epoch: string
  /** Connections that the proxy may hold open at most, for all roles together. */
  max_connections: number
  storage: StorageState
  /** Passwords of the service's own login roles, by role. */
  logins: Readonly<Record<string, string>>
}

/**
 * What a database may do with its disk. `read_only`: over its quota, where the owner alone may still write, in a
 * transaction that says READ WRITE, to free space. `admin_only`: far over it, or the volume is low; the data plane reads,
 * and beside it only the owner may connect. `closed`: no one connects for a while, since sessions went on writing.
 */
export type StorageState = 'ok' | 'read_only' | 'admin_only' | 'closed'

/** How a client derives its proof from its password (RFC 5802). */
export interface WireSalting {
  /** Base64. */
  salt: string
  iterations: number
}

export interface VerifierRequest {
  role: string
  /** Of the verifiers of connect keys and tokens, where the role has no password whose salt they must share. */
  salting: WireSalting
}

export interface VerifierReply {
  /** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`; null where the role cannot log in by password. */
  verifier: string | null
  /** The server itself has a password of the service's for this role: sessions are opened with that, see `LoginReply`. */
  held: boolean
  /** What else opens a session as this role. */
  credentials: CredentialVerifier[]
}

/** Of a connect key or connect token that is good now. */
export interface CredentialVerifier {
  kind: 'connect_key' | 'connect_token'
  id: string
  /** Of the salt and iterations of the password's verifier; where there is none, of the request's. */
  verifier: string
}

export interface LoginReply {
  /** What the service logs in with as the role, in the place of the owner's password; null where the role may not log in. */
  password: string | null
}

export interface ReleaseRequest {
  /** Another database waits for its place: a client that has only listened for long does not keep it awake. */
  for_place: boolean
  /** With `for_place`: how many milliseconds are long; left out: as the proxy is set. */
  listen_idle_ms?: number
}

export interface ReleaseReply {
  /** Whether the proxy let go of the database. False: a request is under way, or a client listens. */
  released: boolean
}

export type ForgetRequest =
  /** The database is gone with its sessions, or its passwords have changed. */
  | { what: 'gone' | 'passwords' }
  /** A connect key or token is revoked, and its sessions end. */
  | { what: 'credential'; credential_id: string }

export interface ForgetReply {
  /** Of sessions that were ended: the pids of their backends, which may still run a statement. */
  backends: number[]
}

export interface Invalidation {
  database_id: string
  /** Keys whose configuration changed. */
  key_ids: string[]
}

/** A request to the data plane that was refused after its key was known. It holds no values. */
export interface RefusedRequest {
  /** Milliseconds since the epoch. */
  at: number
  request_id: string
  key_id: string
  /** As the browser said; null where it said none. */
  origin: string | null
  method: string
  /** `/rest/v1/posts`; `…` in place of what is no plain name. */
  route: string
  status: number
  code: string
}
