/** Records which user of the machine owns the files of each database. */
import type { Services } from '../services.ts'

/**
 * Fills in what is not recorded, of databases that an earlier release made or that were made where all ran as one user, and what
 * was recorded before another range of users was set. Else what is recorded stays, so that the self-check tells where files have
 * another owner now.
 */
export async function recordOsUids({ db, engine }: Pick<Services, 'db' | 'engine'>): Promise<void> {
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
