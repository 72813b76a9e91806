/** Makes what survived a crash agree with what the metadata knows. */
import type { FailedFolder, KnownData, ReconcileReport } from '../contract/inventory.ts'
import { type DatabaseFolder, type FolderKind, listDatabaseFolders } from './cluster/folders.ts'
import { serverFiles } from './cluster/server-files.ts'
import type { EngineParts } from './parts.ts'
import { endSurvivor } from './process/survivors.ts'

type ReconcileParts = Pick<EngineParts, 'placement' | 'servers' | 'backups' | 'removal'>

/** What is found while the folders are gone through. */
interface Progress {
  report: Omit<ReconcileReport, 'cleared'>
  removals: Promise<FailedFolder | null>[]
}

/**
 * Which lists of the metadata may name the folders of each kind. A database that is being deleted or recovered may be found
 * either way.
 */
const OWNERS: Readonly<Record<FolderKind, readonly Exclude<keyof KnownData, 'osUids'>[]>> = {
  database: ['live', 'retained'],
  staged: ['staged'],
  deleted: ['live', 'retained'],
  leftover: [],
}

/** Takes over servers that still run, ends the others, and begins the removal of folders that the metadata does not know. */
export async function reconcile(parts: ReconcileParts, known: KnownData): Promise<ReconcileReport> {
  const { dataFolder, users } = parts.placement
  users?.keep(known.osUids)
  const progress: Progress = { report: { adopted: [], removed: [], missing: [], failed: [] }, removals: [] }
  const { report, removals } = progress
  for (const folder of listDatabaseFolders(dataFolder)) {
    // A folder that cannot be taken over or set aside does not keep the other databases from starting.
    await reconcileFolder(parts, folder, known, progress).catch((error: unknown) => {
      report.failed.push({ name: folder.name, error })
    })
  }
  const present = new Set(
    listDatabaseFolders(dataFolder).flatMap(({ id, kind }) => (kind === 'leftover' ? [] : [id])),
  )
  report.missing.push(...[...known.live].filter((id) => !present.has(id) && !known.staged.has(id)))
  await removePartialBackups(parts, known.backups)
  const cleared = Promise.all(removals).then((all) => all.filter((failed) => failed !== null))
  return { ...report, cleared }
}

async function reconcileFolder(
  { placement, servers, removal }: ReconcileParts,
  { name, id, kind }: DatabaseFolder,
  known: KnownData,
  { report, removals }: Progress,
): Promise<void> {
  const isKnown = OWNERS[kind].some((list) => known[list].has(id))
  const files = serverFiles(placement, name)
  if (isKnown && kind !== 'staged') await servers.own(files)
  if (isKnown && kind === 'database') {
    if (await servers.adopt(id)) report.adopted.push(id)
    return
  }
  await endSurvivor(files)
  if (isKnown) return
  removals.push(removal.remove({ id, ...files }))
  if (kind === 'database') report.removed.push(id)
}

/** Whole ones stay, known or not: the metadata may have been restored to a time before they were made. */
async function removePartialBackups({ backups }: ReconcileParts, known: Set<string>): Promise<void> {
  try {
    const { partial } = await backups.list()
    for (const id of partial.filter((each) => !known.has(each))) await backups.remove(id)
  } catch {
    // Databases start although the store does not answer.
  }
}
