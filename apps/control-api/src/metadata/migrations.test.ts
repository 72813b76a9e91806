import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type MetadataServer, startMetadataServer } from '@db9/engine'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrateMetadata } from './migrations.ts'
import type { Tables } from './tables.ts'

let home: string
let server: MetadataServer
let db: Kysely<Tables>
let client: pg.Pool

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'db9-migrations-'))
  chmodSync(home, 0o755)
  server = await startMetadataServer({ home, loginKey: '6b'.repeat(32) })
  client = new pg.Pool(server.connection)
  // A connection that is still closing may learn that the server goes.
  client.on('connect', (connection) => connection.on('error', () => {}))
  db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: client }) })
})
afterAll(async () => {
  await db?.destroy()
  await server?.stop()
  rmSync(home, { recursive: true, force: true })
})

/** Rows as the first release left them, among them what it was in the midst of. */
const FIRST_RELEASE = `
  insert into customers (id, kind, status, database_limit, created_at) values
    ('cus_o', 'owner', 'active', null, now()), ('cus_a', 'anonymous', 'active', 5, now());
  insert into tokens (id, customer_id, kind, name, sha256, created_at) values ('tok_1', 'cus_o', 'owner', 'owner', 'x', now());
  insert into databases (id, customer_id, name, state, admin_password, created_at, updated_at) values
    ('db_active', 'cus_o', 'active', 'ACTIVE', 'sealed', now(), now()),
    ('db_creating', 'cus_a', 'creating', 'CREATING', 'sealed', now(), now()),
    ('db_disabling', 'cus_a', 'disabling', 'DISABLING', 'sealed', now(), now()),
    ('db_disabled', 'cus_a', 'active', 'DISABLED', 'sealed', now(), now()),
    ('db_failed', 'cus_o', 'failed', 'CREATE_FAILED', 'sealed', now(), now());
  insert into auth_configs values ('db_active', 'byo_jwt', null, now(), now());
  insert into publishable_keys (id, database_id, name, sha256, policy, created_at) values ('pk_1', 'db_active', 'web', 'y', '{}', now());
  insert into operations (id, database_id, kind, status, lease_owner, lease_until, attempt, created_at, updated_at) values
    ('op_done', 'db_active', 'create', 'done', 'run_1', now(), 1, now(), now()),
    ('op_create', 'db_creating', 'create', 'running', 'run_1', now(), 1, now(), now()),
    ('op_delete', 'db_disabling', 'delete', 'running', 'run_1', now(), 2, now(), now());
  insert into idempotency_keys (id, scope, key, request_sha256, status, lease_until, created_at) values
    ('req_1', 'cus_o', 'k', 'z', 'started', now(), now());
  insert into audit_log (id, customer_id, operation_type, resource_type, resource_id, created_at) values
    ('aud_1', 'cus_o', 'create', 'database', 'db_active', now());`

test('the metadata of the first release is kept, and its running jobs can go on', async () => {
  await migrateMetadata(db, '0001_accounts_databases_keys')
  await client.query(FIRST_RELEASE)
  await migrateMetadata(db)

  const databases = await db.selectFrom('databases').selectAll().orderBy('id').execute()
  expect(databases.map(({ id, state, purged_at }) => [id, state, purged_at !== null])).toEqual([
    ['db_active', 'ACTIVE', false],
    ['db_creating', 'CREATING', false],
    // Its data went with it: it cannot be recovered.
    ['db_disabled', 'DISABLED', true],
    ['db_disabling', 'DISABLING', false],
    ['db_failed', 'CREATE_FAILED', false],
  ])
  const operations = await db.selectFrom('operations').selectAll().orderBy('id').execute()
  expect(
    operations.map(({ id, customer_id, status, step, undoing }) => [id, customer_id, status, step, undoing]),
  ).toEqual([
    ['op_create', 'cus_a', 'running', null, false],
    ['op_delete', 'cus_a', 'running', null, false],
    ['op_done', 'cus_o', 'done', null, false],
  ])
  const limits = await db
    .selectFrom('customers')
    .select(['id', 'backup_limit', 'deleted_limit'])
    .orderBy('id')
    .execute()
  expect(limits).toEqual([
    { id: 'cus_a', backup_limit: 10, deleted_limit: 5 },
    { id: 'cus_o', backup_limit: null, deleted_limit: null },
  ])
  for (const table of [
    'tokens',
    'auth_configs',
    'publishable_keys',
    'idempotency_keys',
    'audit_log',
  ] as const) {
    const { rows } = await client.query(`select count(*)::int as n from ${table}`)
    expect([table, rows[0].n]).toEqual([table, 1])
  }
})

test('a database has one changing job at a time', async () => {
  const again = `insert into operations (id, customer_id, database_id, kind, status, lease_owner, lease_until, attempt, created_at, updated_at)
    values ('op_2', 'cus_a', 'db_creating', 'delete', 'running', 'run_1', now(), 1, now(), now())`
  await expect(client.query(again)).rejects.toThrow('operations_one_running')
})
