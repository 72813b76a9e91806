/** The routes of secrets. Their values go in and never come out. */
import type { ROUTES } from '@db9/types'
import { MAX_SECRETS } from '@db9/types'
import type { Kysely, Transaction } from 'kysely'
import { type AuditedAction, type Auditor, insertAudit } from '../audit/audit.ts'
import { lockOwnDatabase, requireActive } from '../databases/store.ts'
import type { Encryption } from '../encryption.ts'
import { ApiError } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import type { Tables } from '../metadata/tables.ts'
import { lockSecret, placeOfSecret } from './store.ts'

export interface SecretDeps {
  db: Kysely<Tables>
  encryption: Encryption
}

const listSecrets: Handler<typeof ROUTES.listSecrets, SecretDeps> = async ({ db }, { database }) => {
  const rows = await db
    .selectFrom('secrets')
    .select(['name', 'created_at', 'updated_at'])
    .where('database_id', '=', database.id)
    .orderBy('name')
    .execute()
  const body = rows.map(({ name, created_at, updated_at }) => ({
    name,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  }))
  return { status: 200, body }
}

const createSecret: Handler<typeof ROUTES.createSecret, SecretDeps> = async (deps, call) => {
  const { caller, database, body, request, remember } = call
  const { name } = body
  requireActive(database)
  const now = new Date(request.now)
  const value = deps.encryption.seal(body.value, placeOfSecret(database.id, name))
  return deps.db.transaction().execute(async (trx) => {
    // Locked, so that two of them cannot both take the last place.
    await lockOwnDatabase(trx, caller, database.id)
    await requireRoom(trx, database.id)
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('secrets')
      .values({ database_id: database.id, name, value, created_at: now, updated_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    if (numInsertedOrUpdatedRows === 0n)
      throw new ApiError('name_taken', `there is a secret ${name}: PUT /secrets/${name} changes its value`)
    await auditSecret(trx, call, 'create', database.id, name)
    return remember(trx, { status: 201, body: { name, created_at: now.toISOString() } } as const)
  })
}

const changeSecret: Handler<typeof ROUTES.changeSecret, SecretDeps> = async (deps, call) => {
  const { database, params, body, request } = call
  const updated_at = new Date(request.now)
  const value = deps.encryption.seal(body.value, placeOfSecret(database.id, params.secret_name))
  const name = await deps.db.transaction().execute(async (trx) => {
    const row = await lockSecret(trx, database.id, params.secret_name)
    await trx
      .updateTable('secrets')
      .set({ value, updated_at })
      .where('database_id', '=', database.id)
      .where('name', '=', row.name)
      .execute()
    await auditSecret(trx, call, 'update', database.id, row.name)
    return row.name
  })
  return { status: 200, body: { name, updated_at: updated_at.toISOString() } }
}

const deleteSecret: Handler<typeof ROUTES.deleteSecret, SecretDeps> = async (deps, call) => {
  const { database, params } = call
  await deps.db.transaction().execute(async (trx) => {
    const { name } = await lockSecret(trx, database.id, params.secret_name)
    await trx.deleteFrom('secrets').where('database_id', '=', database.id).where('name', '=', name).execute()
    await auditSecret(trx, call, 'delete', database.id, name)
  })
  return { status: 204, body: null }
}

async function requireRoom(trx: Transaction<Tables>, databaseId: string): Promise<void> {
  const { n } = await trx
    .selectFrom('secrets')
    .select((eb) => eb.fn.countAll<string>().as('n'))
    .where('database_id', '=', databaseId)
    .executeTakeFirstOrThrow()
  if (Number(n) >= MAX_SECRETS)
    throw new ApiError('unprocessable', `a database has at most ${MAX_SECRETS} secrets; delete one first`)
}

function auditSecret(
  trx: Transaction<Tables>,
  { caller, request }: Auditor,
  operation: AuditedAction['operation'],
  databaseId: string,
  name: string,
): Promise<void> {
  const action: AuditedAction = { operation, resource: 'secret', id: name, name, databaseId }
  return insertAudit(trx, caller, request, action)
}

export function secretHandlers(deps: SecretDeps) {
  return bind(deps, { listSecrets, createSecret, changeSecret, deleteSecret })
}
