/** GET and PUT of the settings of a database: what it may use of the machine. */
import { type DatabaseEngine, type DatabaseSettings, EngineError } from '@db9/engine'
import type { ROUTES, WireDatabaseSettings } from '@db9/types'
import type { Kysely } from 'kysely'
import { auditDatabase } from '../audit/audit.ts'
import { lockOwnDatabase, requireActive } from '../databases/store.ts'
import { ApiError } from '../errors.ts'
import { bind } from '../http/bind.ts'
import type { Handler } from '../http/call.ts'
import type { Tables } from '../metadata/tables.ts'
import { requireNotChanging } from '../operations/conflicts.ts'

/** The engine's name of each setting, by the wire's. */
const NAMES = {
  suspend_after_seconds: 'suspendAfterSeconds',
  shared_buffers_mb: 'sharedBuffersMb',
  work_mem_mb: 'workMemMb',
  max_connections: 'maxConnections',
  disk_quota_bytes: 'diskQuotaBytes',
  archive_quota_bytes: 'archiveQuotaBytes',
} as const satisfies Record<keyof WireDatabaseSettings, keyof DatabaseSettings>

const FIELDS = Object.keys(NAMES) as (keyof typeof NAMES)[]

export interface SettingsDeps {
  db: Kysely<Tables>
  engine: Pick<DatabaseEngine, 'defaultSettings' | 'configure'>
}

const getSettings: Handler<typeof ROUTES.getSettings, SettingsDeps> = async ({ engine }, { database }) => ({
  status: 200,
  body: toWire({ ...engine.defaultSettings, ...database.settings }),
})

/**
 * Sets all of them; a setting that is left out gets its default. The engine keeps them beside the data, the row for the
 * replies.
 */
const putSettings: Handler<typeof ROUTES.putSettings, SettingsDeps> = async (
  { db, engine },
  { caller, database, body, request },
) => {
  if (!caller.isOwner)
    throw new ApiError('forbidden', 'only the owner of the installation sets what a database may use')
  const given = FIELDS.flatMap((field) => (body[field] === undefined ? [] : [[NAMES[field], body[field]]]))
  const settings: DatabaseSettings = { ...engine.defaultSettings, ...Object.fromEntries(given) }
  await db.transaction().execute(async (trx) => {
    requireActive(await lockOwnDatabase(trx, caller, database.id))
    await requireNotChanging(trx, database.id)
    const change = { settings: JSON.stringify(settings), updated_at: new Date(request.now) }
    await trx.updateTable('databases').set(change).where('id', '=', database.id).execute()
    await auditDatabase(trx, { caller, request }, 'update', { id: database.id }, 'settings')
    // Last, since the transaction cannot take it back.
    await engine.configure(database.id, settings).catch(toRefusal)
  })
  return { status: 200, body: toWire(settings) }
}

function toWire(settings: DatabaseSettings): WireDatabaseSettings {
  return {
    suspend_after_seconds: settings.suspendAfterSeconds,
    shared_buffers_mb: settings.sharedBuffersMb,
    work_mem_mb: settings.workMemMb,
    max_connections: settings.maxConnections,
    disk_quota_bytes: settings.diskQuotaBytes,
    archive_quota_bytes: settings.archiveQuotaBytes,
  }
}

/** The engine names a setting that is out of its range on this machine, by its own name. */
function toRefusal(error: unknown): never {
  if (!(error instanceof EngineError)) throw error
  if (error.code !== 'unsupported')
    throw new ApiError('unavailable', error.message, { retryAfter: 2, cause: error })
  const message = FIELDS.reduce((text, field) => text.replace(NAMES[field], field), error.message)
  throw new ApiError('unprocessable', message)
}

export function settingsHandlers(deps: SettingsDeps) {
  return bind(deps, { getSettings, putSettings })
}
