import { randomInt } from 'node:crypto'
import { EngineError } from '@db9/engine'
import type { CreatedDatabase, ROUTES } from '@db9/types'
import { newId } from '@db9/types/ids'
import type { Transaction } from 'kysely'
import type { Caller } from '../accounts/caller.ts'
import { ApiError } from '../errors.ts'
import type { CallOf, Handler } from '../http/call.ts'
import { insertAudit } from '../metadata/audit.ts'
import type { OperationRow, Tables } from '../metadata/tables.ts'
import type { Services } from '../services.ts'
import { LIVE_STATES } from './find.ts'
import { parseAdminPassword, parseDatabaseName } from './names.ts'
import { insertOperation, runOperation } from './operations.ts'
import { passwordPlace } from './reply.ts'

type CreateCall = CallOf<typeof ROUTES.createDatabase>

interface DatabaseSpec {
  id: string
  name: string
  region: string | null
  projectId: string | null
  adminPassword: string
}

/** Authorised before it comes here: parse → one transaction (row, audit, operation) → engine → the working credentials. */
export const createDatabase: Handler<typeof ROUTES.createDatabase> = async (services, call) => {
  const spec = planDatabase(call)
  const operation = await insertDatabase(services, call, spec)
  const outcome = await runOperation(services, operation)
  if (outcome.kind !== 'done') throw createFailed(outcome.kind === 'failed' ? outcome.error : undefined)
  return { status: 201, body: outcome.reply.body as CreatedDatabase }
}

function planDatabase({ body, request }: CreateCall): DatabaseSpec {
  return {
    id: newId('database', request.now),
    name: parseDatabaseName(body.name),
    region: body.region ?? null,
    projectId: body.project_id ?? null,
    adminPassword:
      body.admin_password === undefined ? newPassword() : parseAdminPassword(body.admin_password),
  }
}

function insertDatabase(
  services: Services,
  { caller, request }: CreateCall,
  spec: DatabaseSpec,
): Promise<OperationRow> {
  return services.db.transaction().execute(async (trx) => {
    await requireRoom(trx, caller)
    await requireFreeName(trx, caller, spec.name)
    const now = new Date(request.now)
    await trx
      .insertInto('databases')
      .values({
        id: spec.id,
        customer_id: caller.customerId,
        name: spec.name,
        region: spec.region,
        project_id: spec.projectId,
        state: 'CREATING',
        admin_password: services.sealer.seal(spec.adminPassword, passwordPlace(spec.id)),
        created_at: now,
        updated_at: now,
      })
      .execute()
    const action = {
      operation: 'create',
      resource: 'database',
      id: spec.id,
      name: spec.name,
      databaseId: spec.id,
    } as const
    await insertAudit(trx, caller, request, action)
    return insertOperation(trx, services, {
      databaseId: spec.id,
      kind: 'create',
      idempotencyId: request.idempotencyId,
      now: request.now,
    })
  })
}

/** 403 at the account's limit. Locks the account's row, so that two creates cannot both take the last place. */
async function requireRoom(trx: Transaction<Tables>, caller: Caller): Promise<void> {
  const { database_limit: limit } = await trx
    .selectFrom('customers')
    .select('database_limit')
    .where('id', '=', caller.customerId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  if (limit === null) return
  const { live } = await trx
    .selectFrom('databases')
    .select((eb) => eb.fn.countAll<string>().as('live'))
    .where('customer_id', '=', caller.customerId)
    .where('state', 'in', LIVE_STATES)
    .executeTakeFirstOrThrow()
  if (Number(live) < limit) return
  throw new ApiError('quota_exceeded', `anonymous account limit (${limit} databases)`)
}

/** 409 with the id of the database that has the name. The account's row is locked, so none can take it meanwhile. */
async function requireFreeName(trx: Transaction<Tables>, caller: Caller, name: string): Promise<void> {
  const existing = await trx
    .selectFrom('databases')
    .select('id')
    .where('customer_id', '=', caller.customerId)
    .where('name', '=', name)
    .where('state', 'in', LIVE_STATES)
    .executeTakeFirst()
  if (!existing) return
  throw new ApiError('name_taken', 'Database name already exists', { fields: { existing_id: existing.id } })
}

function createFailed(cause: unknown): ApiError {
  const reason = cause instanceof EngineError ? `: ${cause.message}` : ''
  return new ApiError('unavailable', `the database could not be created${reason}`, { retryAfter: 5, cause })
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** 190 random bits, of characters that need no escaping in a URL or a shell. */
function newPassword(): string {
  return Array.from({ length: 32 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}
