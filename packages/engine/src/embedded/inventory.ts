/** What there is of databases on disk, in memory and in the backup store. */
import type { EngineInventory } from '../contract/inventory.ts'
import { type FolderKind, listDatabaseFolders } from './cluster/folders.ts'
import type { EngineParts } from './parts.ts'

type InventoryParts = Pick<EngineParts, 'placement' | 'servers' | 'backups' | 'removal' | 'maintainer'>

/** Wakes and changes nothing. Rejects where the backup store does not answer. */
export async function takeInventory({
  placement,
  servers,
  backups,
  removal,
  maintainer,
}: InventoryParts): Promise<EngineInventory> {
  const folders = listDatabaseFolders(placement.dataFolder)
  const idsOf = (wanted: FolderKind) => folders.filter(({ kind }) => kind === wanted).map(({ id }) => id)
  const databases = idsOf('database')
  const { whole, partial } = await backups.list()
  return {
    databases,
    running: databases.filter((id) => servers.find(id) !== undefined),
    softDeleted: idsOf('deleted'),
    staged: idsOf('staged'),
    backups: whole,
    leftovers: [
      ...folders.flatMap(({ kind, name }) =>
        kind === 'leftover' && !removal.underway.has(name) ? [name] : [],
      ),
      ...partial,
    ],
    archiveFailures: await maintainer.failures(),
  }
}
