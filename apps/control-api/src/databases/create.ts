/** The route that makes a database. */
import type { DatabaseEngine } from '@db9/engine'
import type { BodyOf, CreatedDatabase, ROUTES } from '@db9/types'
import { newId } from '@db9/types/ids'
import type { Kysely } from 'kysely'
import type { Caller } from '../auth/caller.ts'
import type { Handler } from '../http/call.ts'
import type { RequestInfo } from '../http/request-info.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { BatchPlace } from '../jobs/store.ts'
import type { JobRow, Tables } from '../metadata/tables.ts'
import { beginJob } from '../operations/begin.ts'
import { bodyOf } from '../operations/outcome.ts'
import { parseDatabaseName } from './names.ts'
import { insertDatabase, type NewDatabase, type NewRowDeps } from './new-row.ts'
import { newPassword, parsePassword } from './passwords.ts'

export interface CreateDeps extends NewRowDeps {
  db: Kysely<Tables>
  jobs: Jobs
}

/** Of the route that makes one database, and starts it. */
export interface SingleDeps extends CreateDeps {
  engine: Pick<DatabaseEngine, 'connect'> & CreateDeps['engine']
}

interface CreateCall {
  caller: Caller
  request: RequestInfo
  body: BodyOf<typeof ROUTES.createDatabase>
  /** Its place in a batch that has an Idempotency-Key. */
  batch?: BatchPlace | null
}

/** Parse → one transaction (row, audit, job) → engine → the working credentials. */
export const createDatabase: Handler<typeof ROUTES.createDatabase, SingleDeps> = async (deps, call) => {
  const body = await createOne(deps, call)
  // Its first start, ahead of the first client. Of a batch, whose databases are not all used at once, none is started.
  deps.engine.connect(body.id).catch(() => {
    // The first client learns why.
  })
  return { status: 201, body }
}

/** Throws the ApiError that says why it could not be made; nothing of it is left then. */
export async function createOne(deps: CreateDeps, call: CreateCall): Promise<CreatedDatabase> {
  const job = await insertCreate(deps, call, planDatabase(call))
  return bodyOf(job, await deps.jobs.run(job), 'the database is not created')
}

function planDatabase({ body, request }: CreateCall): NewDatabase {
  return {
    id: newId('database', request.now),
    name: parseDatabaseName(body.name),
    region: body.region ?? null,
    projectId: body.project_id ?? null,
    adminPassword:
      body.admin_password === undefined
        ? newPassword()
        : parsePassword(body.admin_password, 'admin_password'),
    origin: null,
  }
}

function insertCreate(deps: CreateDeps, call: CreateCall, database: NewDatabase): Promise<JobRow> {
  const { caller, request, batch = null } = call
  return deps.db.transaction().execute(async (trx) => {
    await insertDatabase(trx, deps, call, database)
    return beginJob(trx, deps.jobs, {
      kind: 'create',
      customerId: caller.customerId,
      databaseId: database.id,
      idempotencyId: request.idempotencyId,
      batch,
      now: request.now,
    })
  })
}
