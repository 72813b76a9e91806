/** Records which user of the machine owns the files of each database. */
import type { DatabaseEngine } from '@db9/engine'
import type { Kysely } from 'kysely'
import type { Tables } from '../metadata/tables.ts'

/**
 * Records the user of databases that have none recorded, since an earlier release made them or all ran as one user, and of
 * databases whose recorded user is out of the range that is set now. Other rows stay, so that the self-check finds files
 * that have another owner now.
 */
export async function recordOsUids({
  db,
  engine,
}: {
  db: Kysely<Tables>
  engine: Pick<DatabaseEngine, 'facts' | 'osUid'>
}): Promise<void> {
  const { osUids: range } = engine.facts()
  if (range === null) return
  const rows = await db
    .selectFrom('databases')
    .select('id')
    .where('state', 'in', ['ACTIVE', 'DISABLED'])
    .where('purged_at', 'is', null)
    .where((eb) =>
      eb.or([
        eb('os_uid', 'is', null),
        eb('os_uid', '<', String(range.first)),
        eb('os_uid', '>', String(range.last)),
      ]),
    )
    .execute()
  for (const { id } of rows)
    await db
      .updateTable('databases')
      .set({ os_uid: engine.osUid(id) })
      .where('id', '=', id)
      .execute()
}
