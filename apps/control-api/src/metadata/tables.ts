/** The tables of the metadata. */
import type { BackupFacts, DatabaseSettings } from '@db9/engine'
import type { ConnectKey, OperationKindName, OperationProgress } from '@db9/types'
import type { RunReply, RunTrigger } from '@db9/types/functions-part'
import type { ByoJwt, DataApiSettings, DatabaseState, KeyConfig } from '@db9/types/internal'
import type { JWK } from 'jose'
import type { ColumnType, Generated, Insertable, Selectable } from 'kysely'

/** jsonb: read as a value, written as JSON text (pg would write an array as a Postgres array). */
type Json<T> = ColumnType<T, string, string>
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>
/** bigint: read as text, since it may be wider than a JavaScript number. */
type BigInt64 = ColumnType<string, number | string | undefined, number | string>

export interface TokenScope {
  databases: { id: string; access: 'ro' | 'rw' }[]
}

/** What a publishable key allows: `KeyConfig['key']` without what changes over its life. */
export type KeyPolicy = Omit<KeyConfig['key'], 'id' | 'sha256' | 'status' | 'expires_at' | 'limit_group'>

export type ConnectKeyScope = ConnectKey['scopes'][number]

/** What a version of a function is deployed with. */
export interface VersionConfig {
  entrypoint: string
  /** Null: the role of its caller. */
  run_as: string | null
  bypass_rls: boolean
  timeout_ms: number
  network_allowlist: string[]
  fs9_scope: { read: string[]; write: string[] } | null
  /** `NAME` or `ALIAS=NAME`. */
  secret_bindings: string[]
  cron_schedule: string | null
}

/** `BackupFacts` as jsonb holds them. */
export type StoredBackupFacts = {
  [Name in keyof BackupFacts]: BackupFacts[Name] extends Date ? string : BackupFacts[Name]
}

export interface Tables {
  customers: {
    id: string
    kind: 'owner' | 'anonymous' | 'claimed'
    email: Nullable<string>
    status: 'active' | 'deleted'
    database_limit: Nullable<number>
    backup_limit: Nullable<number>
    /** Deleted databases that are kept to be recovered. */
    deleted_limit: Nullable<number>
    anonymous_id: Nullable<string>
    anonymous_secret_sha256: Nullable<string>
    /** Of a claimed account: who owns it, by an identity provider. No two accounts that are active have one identity. */
    identity_issuer: Nullable<string>
    identity_subject: Nullable<string>
    created_at: Date
  }
  tokens: {
    id: string
    customer_id: string
    kind: 'api' | 'session' | 'owner'
    name: string
    sha256: string
    scope: ColumnType<TokenScope | null, string | null, string | null>
    expires_at: Nullable<Date>
    last_used_at: Nullable<Date>
    revoked_at: Nullable<Date>
    created_at: Date
  }
  databases: {
    id: string
    customer_id: string
    name: string
    region: Nullable<string>
    project_id: Nullable<string>
    state: DatabaseState
    state_reason: Nullable<string>
    /** Sealed. */
    admin_password: string
    config_version: BigInt64
    /** The version of the last change that concerned all keys, not one of them. */
    shared_version: BigInt64
    /** The version of the last invalidation that the gateway has answered. */
    announced_version: BigInt64
    data_api: ColumnType<DataApiSettings | null, string | null | undefined, string | null>
    /** What it was branched from. */
    parent_database_id: Nullable<string>
    /** The point in time of the source, RFC 3339 to the microsecond; null: the moment of the call. */
    snapshot_at: Nullable<string>
    /** Scoped tokens only read it, and it is not deleted. */
    protected: ColumnType<boolean, boolean | undefined, boolean>
    /** When the sweep deletes it. */
    expires_at: Nullable<Date>
    /** Null: the defaults of the installation. */
    settings: ColumnType<Partial<DatabaseSettings> | null, string | null | undefined, string | null>
    /** The user of the machine that owns its files; null before there are any, and where all databases run as one user. */
    os_uid: ColumnType<string | null, number | null | undefined, number | null>
    deleted_at: Nullable<Date>
    /** Until when a deleted one can be recovered. */
    purge_at: Nullable<Date>
    /** When the data of a deleted one was removed. */
    purged_at: Nullable<Date>
    created_at: Date
    updated_at: Date
  }
  backups: {
    id: string
    customer_id: string
    database_id: string
    label: Nullable<string>
    state: 'creating' | 'ready' | 'failed' | 'deleting' | 'deleted'
    state_reason: Nullable<string>
    /** Size and checksum, from the engine; null until it is ready. */
    facts: ColumnType<StoredBackupFacts | null, string | null | undefined, string | null>
    /** Null while its database lives. */
    expires_at: Nullable<Date>
    created_at: Date
    updated_at: Date
  }
  restores: {
    id: string
    customer_id: string
    backup_id: string
    target_database_id: string
    operation_id: string
    created_at: Date
  }
  auth_configs: {
    database_id: string
    auth_mode: 'byo_jwt'
    byo_jwt: ColumnType<ByoJwt | null, string | null, string | null>
    sync_users: ColumnType<boolean, boolean | undefined, boolean>
    created_at: Date
    updated_at: Date
  }
  /** Service keys too: the prefix of `id` says which one is. */
  publishable_keys: {
    id: string
    database_id: string
    name: string
    sha256: string
    policy: Json<KeyPolicy>
    /** The database's version as of the last change of this key. */
    version: BigInt64
    /** The key that this one replaced, whose rate limit it shares; null: its own limit. */
    limit_group: Nullable<string>
    expires_at: Nullable<Date>
    revoked_at: Nullable<Date>
    created_at: Date
  }
  secrets: {
    database_id: string
    name: string
    /** Sealed. */
    value: string
    created_at: Date
    updated_at: Date
  }
  connect_keys: {
    id: string
    database_id: string
    name: string
    /** The Postgres role that it logs in as. */
    role: string
    scopes: Json<ConnectKeyScope[]>
    sha256: string
    expires_at: Nullable<Date>
    revoked_at: Nullable<Date>
    /** When the sessions of a revoked one had ended. */
    ended_at: Nullable<Date>
    created_at: Date
  }
  connect_tokens: {
    id: string
    database_id: string
    role: string
    /** Sealed. */
    token: string
    expires_at: Date
    created_at: Date
  }
  /** What connect tokens are signed with. */
  connect_signing_keys: {
    /** The thumbprint of the public key (RFC 7638). */
    id: string
    public_jwk: Json<JWK>
    /** Sealed. */
    private_key: string
    created_at: Date
    signs_until: Date
  }
  functions: {
    id: string
    database_id: string
    name: string
    enabled: boolean
    visibility: 'public' | 'private'
    active_version_id: string
    /** The number of its newest version. */
    last_version: number
    /** When its schedule is due; null where it has none, or is disabled. */
    next_run_at: Nullable<Date>
    /** Scheduled runs in a row that have not completed. */
    cron_failures: number
    disabled_reason: Nullable<string>
    created_at: Date
    updated_at: Date
  }
  function_versions: {
    id: string
    function_id: string
    database_id: string
    version: number
    bundle_digest: string
    config: Json<VersionConfig>
    created_at: Date
  }
  /** Code, by its digest. */
  function_bundles: {
    database_id: string
    digest: string
    bytes: Buffer
    size: number
    created_at: Date
  }
  function_runs: {
    id: string
    function_id: string
    database_id: string
    version_id: string
    trigger_type: RunTrigger
    status: 'queued' | 'running' | 'skipped' | RunReply['status']
    run_as: string
    attempt: number
    /** A run that has not ended by then is lost. */
    lease_until: Date
    started_at: Nullable<Date>
    finished_at: Nullable<Date>
    duration_ms: Nullable<number>
    result_json: Nullable<string>
    error: Nullable<string>
    logs: Nullable<string>
    created_at: Date
  }
  operations: {
    id: string
    customer_id: string
    /** The database that the job changes; no other job changes it meanwhile. Null where it changes none or several. */
    database_id: Nullable<string>
    /** The database that the job reads; it cannot be deleted meanwhile. */
    source_id: Nullable<string>
    backup_id: Nullable<string>
    kind: OperationKindName
    status: 'running' | 'done' | 'failed'
    /** The last step that is done. */
    step: Nullable<string>
    /** A step failed for good, and the job is being taken back. */
    undoing: Generated<boolean>
    /** In a row, since the last step that was done. */
    failures: Generated<number>
    /** What was asked for; never changes. */
    input: ColumnType<unknown, string | undefined, never>
    /** What its steps found or made. Secrets in it are sealed. */
    state: ColumnType<unknown, string | undefined, string>
    progress: ColumnType<OperationProgress | null, string | null | undefined, string | null>
    /** Null: tried until it is done. */
    deadline_at: Nullable<Date>
    /** When the account asked for its end; the runner then takes it back, unless it was done by then. */
    cancelled_at: Nullable<Date>
    /** The run of the API that has it: a new id each time a control API starts. */
    lease_owner: string
    /** Until then no other runner takes it; after a failure, when it is tried again. */
    lease_until: Date
    /** Raised by the runner that takes the job over; every write names it. */
    attempt: number
    /** The claim of an Idempotency-Key that gets the job's result as its reply. */
    idempotency_id: Nullable<string>
    /** The claim of a batch's Idempotency-Key, and the place in the batch; unique together. */
    batch_id: Nullable<string>
    batch_index: Nullable<number>
    error: Nullable<string>
    created_at: Date
    updated_at: Date
  }
  idempotency_keys: {
    id: string
    /** A customer's id, or the address of a client without an account. */
    scope: string
    key: string
    request_sha256: string
    status: 'started' | 'done'
    lease_until: Date
    response_status: Nullable<number>
    /** Sealed. */
    response_body: Nullable<string>
    created_at: Date
  }
  audit_log: {
    id: string
    customer_id: string
    token_id: Nullable<string>
    address: Nullable<string>
    request_id: Nullable<string>
    operation_type: string
    resource_type: string
    resource_id: string
    resource_name: Nullable<string>
    database_id: Nullable<string>
    /** Whether the account is another than the installation's owner: its rows are kept for a limited time. */
    anonymous: Generated<boolean>
    /** False while it is being done, and where it failed. */
    success: Generated<boolean>
    error_message: Nullable<string>
    created_at: Date
  }
}

export type DatabaseRow = Selectable<Tables['databases']>
export type CustomerRow = Selectable<Tables['customers']>
export type TokenRow = Selectable<Tables['tokens']>
export type JobRow = Selectable<Tables['operations']>
export type BackupRow = Selectable<Tables['backups']>
export type FunctionRow = Selectable<Tables['functions']>
export type FunctionVersionRow = Selectable<Tables['function_versions']>
export type FunctionRunRow = Selectable<Tables['function_runs']>
export type PublishableKeyRow = Selectable<Tables['publishable_keys']>
export type ConnectKeyRow = Selectable<Tables['connect_keys']>
export type SigningKeyRow = Selectable<Tables['connect_signing_keys']>
export type NewAuditRow = Insertable<Tables['audit_log']>
export type AuditRow = Selectable<Tables['audit_log']>
