/** The routes of functions and of their versions. */
import type { ROUTES } from '@db9/types'
import { newId } from '@db9/types/ids'
import type { Kysely, Transaction } from 'kysely'
import { type AuditedAction, type Auditor, insertAudit } from '../audit/audit.ts'
import { lockOwnDatabase, requireActive } from '../databases/store.ts'
import { ApiError, unprocessable } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import type { DatabaseRow, FunctionRow, FunctionVersionRow, Tables } from '../metadata/tables.ts'
import { digestOf, hasBundle, parseBundleRef, storeBundle } from './bundles.ts'
import type { FunctionCalls } from './calls.ts'
import { type CodeSpecDeps, toCodeSpec } from './code-spec.ts'
import { parseVersionConfig } from './config.ts'
import { nextDue } from './cron.ts'
import {
  findFunction,
  findVersion,
  insertVersion,
  lockFunction,
  newVersionRow,
  requireRoomForFunction,
} from './store.ts'
import { toFunction, toVersion } from './view.ts'

export interface FunctionDeps extends CodeSpecDeps {
  functions: FunctionCalls
}

type Body = Parameters<Handler<typeof ROUTES.updateFunction, FunctionDeps>>[1]['body']

interface Deployment {
  database: DatabaseRow
  body: Body
  functionId: string
  now: number
}

/** The version that a request deploys: its code is stored and has been loaded once, and its row is not written yet. */
async function prepareVersion(
  deps: FunctionDeps,
  { database, body, functionId, now }: Deployment,
): Promise<FunctionVersionRow> {
  const { bundle_ref, ...fields } = body
  requireActive(database)
  const config = parseVersionConfig(fields, now)
  const ref = parseBundleRef(bundle_ref)
  const digest = ref.kind === 'inline' ? digestOf(ref.bytes) : ref.digest
  if (body.bundle_digest !== undefined && body.bundle_digest !== digest)
    throw unprocessable('bundle_digest', `the bundle's is ${digest}`)
  if (ref.kind === 'inline') await storeBundle(deps.db, database.id, ref.bytes, now)
  else if (!(await hasBundle(deps.db, database.id, digest)))
    throw unprocessable('bundle_ref', 'there is no such bundle; upload it first')
  const row = newVersionRow({ databaseId: database.id, functionId, version: 1, digest, config }, now)
  const message = await deps.functions.check(await toCodeSpec(deps, row))
  if (message !== null) throw unprocessable('bundle_ref', message)
  return row
}

const deployFunction: Handler<typeof ROUTES.deployFunction, FunctionDeps> = async (deps, call) => {
  const { caller, database, body, request, remember } = call
  const { name, ...rest } = body
  const { now } = request
  await requireFreeName(deps.db, database.id, name)
  const id = newId('function', now)
  const version = await prepareVersion(deps, { database, body: rest, functionId: id, now })
  const at = new Date(now)
  const row: FunctionRow = {
    id,
    database_id: database.id,
    name,
    enabled: true,
    visibility: body.visibility ?? 'private',
    active_version_id: version.id,
    last_version: 1,
    next_run_at: dueAfter(version, now),
    cron_failures: 0,
    disabled_reason: null,
    created_at: at,
    updated_at: at,
  }
  return deps.db.transaction().execute(async (trx) => {
    await lockOwnDatabase(trx, caller, database.id)
    await requireFreeName(trx, database.id, name)
    await requireRoomForFunction(trx, database.id)
    await trx.insertInto('functions').values(row).execute()
    await insertVersion(trx, version)
    await auditFunction(trx, call, 'create', row)
    return remember(trx, {
      status: 201,
      body: { function: toFunction(row), version: toVersion(version) },
    } as const)
  })
}

const updateFunction: Handler<typeof ROUTES.updateFunction, FunctionDeps> = async (deps, call) => {
  const { database, body, params, request } = call
  const { id } = await findFunction(deps.db, database.id, params.function_id)
  const prepared = await prepareVersion(deps, { database, body, functionId: id, now: request.now })
  return deps.db.transaction().execute(async (trx) => {
    const before = await lockFunction(trx, database.id, id)
    const version = { ...prepared, version: before.last_version + 1 }
    const row = await changeRow(trx, before, request.now, {
      active_version_id: version.id,
      last_version: version.version,
      next_run_at: before.enabled ? dueAfter(version, request.now) : null,
      cron_failures: 0,
      ...(body.visibility && { visibility: body.visibility }),
    })
    await insertVersion(trx, version)
    await auditFunction(trx, call, 'update', row)
    return { status: 200, body: { function: toFunction(row), version: toVersion(version) } } as const
  })
}

const activateFunctionVersion: Handler<typeof ROUTES.activateFunctionVersion, FunctionDeps> = async (
  { db },
  call,
) => {
  const { database, params, request, remember } = call
  return db.transaction().execute(async (trx) => {
    const before = await lockFunction(trx, database.id, params.function_id)
    const version = await findVersion(trx, before.id, params.version_id)
    const row = await changeRow(trx, before, request.now, {
      active_version_id: version.id,
      next_run_at: before.enabled ? dueAfter(version, request.now) : null,
      cron_failures: 0,
    })
    await auditFunction(trx, call, 'update', row)
    return remember(trx, {
      status: 200,
      body: { function: toFunction(row), version: toVersion(version) },
    } as const)
  })
}

const listFunctions: Handler<typeof ROUTES.listFunctions, FunctionDeps> = async ({ db }, { database }) => {
  const rows = await db
    .selectFrom('functions')
    .selectAll()
    .where('database_id', '=', database.id)
    .orderBy('name')
    .execute()
  return { status: 200, body: rows.map(toFunction) }
}

const getFunction: Handler<typeof ROUTES.getFunction, FunctionDeps> = async (
  { db },
  { database, params },
) => {
  const row = await findFunction(db, database.id, params.function_id)
  const version = await findVersion(db, row.id, row.active_version_id)
  return { status: 200, body: { function: toFunction(row), version: toVersion(version) } }
}

const listFunctionVersions: Handler<typeof ROUTES.listFunctionVersions, FunctionDeps> = async (
  { db },
  { database, params },
) => {
  const { id } = await findFunction(db, database.id, params.function_id)
  const rows = await db
    .selectFrom('function_versions')
    .selectAll()
    .where('function_id', '=', id)
    .orderBy('version', 'desc')
    .execute()
  return { status: 200, body: rows.map(toVersion) }
}

const changeFunction: Handler<typeof ROUTES.changeFunction, FunctionDeps> = async ({ db }, call) => {
  const { database, params, body, request } = call
  const row = await db.transaction().execute(async (trx) => {
    const before = await lockFunction(trx, database.id, params.function_id)
    const { enabled = before.enabled, visibility = before.visibility } = body
    const version = await findVersion(trx, before.id, before.active_version_id)
    const changed = await changeRow(trx, before, request.now, {
      enabled,
      visibility,
      ...(enabled !== before.enabled && {
        next_run_at: enabled ? dueAfter(version, request.now) : null,
        cron_failures: 0,
        disabled_reason: null,
      }),
    })
    await auditFunction(trx, call, 'update', changed)
    return changed
  })
  return { status: 200, body: toFunction(row) }
}

const deleteFunction: Handler<typeof ROUTES.deleteFunction, FunctionDeps> = async ({ db }, call) => {
  const { database, params } = call
  await db.transaction().execute(async (trx) => {
    const row = await lockFunction(trx, database.id, params.function_id)
    await trx.deleteFrom('functions').where('id', '=', row.id).execute()
    await auditFunction(trx, call, 'delete', row)
  })
  return { status: 204, body: null }
}

const uploadBundle: Handler<typeof ROUTES.uploadBundle, FunctionDeps> = async ({ db }, call) => {
  const { database, body, request } = call
  requireActive(database)
  const digest = await storeBundle(db, database.id, Buffer.from(body), request.now)
  const size_bytes = body.byteLength
  return { status: 200, body: { bundle_ref: `bundle://${digest}`, bundle_digest: digest, size_bytes } }
}

async function requireFreeName(db: Kysely<Tables>, databaseId: string, name: string): Promise<void> {
  const taken = await db
    .selectFrom('functions')
    .select('id')
    .where('database_id', '=', databaseId)
    .where('name', '=', name)
    .executeTakeFirst()
  if (!taken) return
  const message = 'Function name already exists for this database; PUT /functions/{id} deploys a new version'
  throw new ApiError('name_taken', message, { fields: { existing_id: taken.id } })
}

/** When its schedule is due next; null where it has none. */
function dueAfter({ config }: FunctionVersionRow, now: number): Date | null {
  return config.cron_schedule === null ? null : nextDue(config.cron_schedule, new Date(now))
}

function changeRow(
  trx: Transaction<Tables>,
  { id }: FunctionRow,
  now: number,
  change: Partial<Omit<FunctionRow, 'id' | 'database_id' | 'name' | 'created_at' | 'updated_at'>>,
): Promise<FunctionRow> {
  return trx
    .updateTable('functions')
    .set({ ...change, updated_at: new Date(now) })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

function auditFunction(
  trx: Transaction<Tables>,
  { caller, request }: Auditor,
  operation: AuditedAction['operation'],
  { id, name, database_id: databaseId }: FunctionRow,
): Promise<void> {
  return insertAudit(trx, caller, request, { operation, resource: 'function', id, name, databaseId })
}

export function functionHandlers(deps: FunctionDeps) {
  return bind(deps, {
    deployFunction,
    listFunctions,
    getFunction,
    updateFunction,
    changeFunction,
    deleteFunction,
    listFunctionVersions,
    activateFunctionVersion,
    uploadBundle,
  })
}
