/** What the metadata says is on disk. */
import type { KnownData } from '@db9/engine'
import type { Kysely } from 'kysely'
import type { Tables } from '../metadata/tables.ts'

/** Ids that the rows say are on disk, or may be while a job runs. */
export async function listKnownData(db: Kysely<Tables>): Promise<KnownData> {
  const databases = await db
    .selectFrom('databases as d')
    .leftJoin('operations as o', (join) =>
      join.onRef('o.database_id', '=', 'd.id').on('o.status', '=', 'running'),
    )
    .select(['d.id', 'd.state', 'd.purged_at', 'd.os_uid', 'o.kind'])
    .where('d.state', '<>', 'CREATE_FAILED')
    .where('d.purged_at', 'is', null)
    .execute()
  const backups = await db
    .selectFrom('backups')
    .select('id')
    .where('state', 'in', ['creating', 'ready', 'deleting'])
    .execute()
  const idsOf = (rows: { id: string }[]) => new Set(rows.map(({ id }) => id))
  return {
    live: idsOf(databases.filter(({ state }) => state !== 'DISABLED')),
    retained: idsOf(
      databases.filter(({ state, kind }) => state === 'DISABLED' || kind === 'delete' || kind === 'recover'),
    ),
    staged: idsOf(databases.filter(({ kind }) => kind === 'branch' || kind === 'restore')),
    backups: idsOf(backups),
    osUids: new Set(databases.flatMap(({ os_uid }) => (os_uid === null ? [] : [Number(os_uid)]))),
  }
}
