import type { ByoJwt, DataApiSettings, DatabaseState, KeyConfig } from '@db9/types/internal'
import type { ColumnType, Insertable, Selectable } from 'kysely'

/** jsonb: read as a value, written as JSON text (pg would write an array as a Postgres array). */
type Json<T> = ColumnType<T, string, string>
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>
/** bigint: read as text, since it may be wider than a JavaScript number. */
type BigInt64 = ColumnType<string, number | undefined, number | string>

export interface TokenScope {
  databases: { id: string; access: 'ro' | 'rw' }[]
}

/** What a publishable key allows: `KeyConfig['key']` without what changes over its life. */
export type KeyPolicy = Omit<KeyConfig['key'], 'id' | 'sha256' | 'status' | 'expires_at'>

export interface Tables {
  customers: {
    id: string
    kind: 'owner' | 'anonymous'
    email: Nullable<string>
    status: 'active'
    database_limit: Nullable<number>
    anonymous_id: Nullable<string>
    anonymous_secret_sha256: Nullable<string>
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
    data_api: ColumnType<DataApiSettings | null, string | null | undefined, string | null>
    created_at: Date
    updated_at: Date
  }
  auth_configs: {
    database_id: string
    auth_mode: 'byo_jwt'
    byo_jwt: ColumnType<ByoJwt | null, string | null, string | null>
    created_at: Date
    updated_at: Date
  }
  publishable_keys: {
    id: string
    database_id: string
    name: string
    sha256: string
    policy: Json<KeyPolicy>
    expires_at: Nullable<Date>
    revoked_at: Nullable<Date>
    created_at: Date
  }
  operations: {
    id: string
    database_id: string
    kind: 'create' | 'delete'
    status: 'running' | 'done' | 'failed'
    /** Who runs it: a new id each time a control API starts. */
    lease_owner: string
    lease_until: Date
    /** Raised by whoever takes the operation over; every write of its outcome names it. */
    attempt: number
    /** The reply that this operation owes to an Idempotency-Key. */
    idempotency_id: Nullable<string>
    error: Nullable<string>
    created_at: Date
    updated_at: Date
  }
  idempotency_keys: {
    id: string
    /** Whose key it is: a customer's id, or the address of a caller without an account. */
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
    created_at: Date
  }
}

export type DatabaseRow = Selectable<Tables['databases']>
export type CustomerRow = Selectable<Tables['customers']>
export type TokenRow = Selectable<Tables['tokens']>
export type OperationRow = Selectable<Tables['operations']>
export type PublishableKeyRow = Selectable<Tables['publishable_keys']>
export type NewAuditRow = Insertable<Tables['audit_log']>
