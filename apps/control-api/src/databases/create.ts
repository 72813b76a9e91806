import type { BodyOf, CreatedDatabase, ROUTES } from '@db9/types'
import { newId } from '@db9/types/ids'
import type { RequestInfo } from '../audit/audit.ts'
import type { Caller } from '../auth/caller.ts'
import type { Handler } from '../http/call.ts'
import { runOperation } from '../jobs/runner.ts'
import { type BatchPlace, insertOperation } from '../jobs/store.ts'
import type { OperationRow } from '../metadata/tables.ts'
import { bodyOf } from '../operations/outcome.ts'
import type { Services } from '../services.ts'
import { parseDatabaseName } from './names.ts'
import { insertDatabase, type NewDatabaseRow } from './new-row.ts'
import { newPassword, parseAdminPassword } from './passwords.ts'

export interface CreateCall {
  caller: Caller
  request: RequestInfo
  body: BodyOf<typeof ROUTES.createDatabase>
  /** Its place in a batch that can be asked for again. */
  batch?: BatchPlace | null
}

/** Authorised before it comes here: parse → one transaction (row, audit, operation) → engine → the working credentials. */
export const createDatabase: Handler<typeof ROUTES.createDatabase> = async (services, call) => {
  const body = await createOne(services, call)
  // Its first start, ahead of the first client. Of a batch, whose databases are not all used at once, none is started.
  services.engine.connect(body.id).catch(() => {
    // The first client learns why.
  })
  return { status: 201, body }
}

/** Throws the ApiError that says why it could not be made; nothing of it is left then. */
export async function createOne(services: Services, call: CreateCall): Promise<CreatedDatabase> {
  const operation = await insertCreate(services, call, planDatabase(call))
  return bodyOf(operation, await runOperation(services, operation), 'the database is not created')
}

function planDatabase({ body, request }: CreateCall): NewDatabaseRow {
  return {
    id: newId('database', request.now),
    name: parseDatabaseName(body.name),
    region: body.region ?? null,
    projectId: body.project_id ?? null,
    adminPassword:
      body.admin_password === undefined ? newPassword() : parseAdminPassword(body.admin_password),
    origin: null,
  }
}

function insertCreate(services: Services, call: CreateCall, row: NewDatabaseRow): Promise<OperationRow> {
  const { caller, request, batch = null } = call
  return services.db.transaction().execute(async (trx) => {
    await insertDatabase(trx, services, call, row)
    return insertOperation(trx, services, {
      kind: 'create',
      customerId: caller.customerId,
      databaseId: row.id,
      idempotencyId: request.idempotencyId,
      batch,
      now: request.now,
    })
  })
}
