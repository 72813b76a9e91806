/** Makes bases: copies that the past of a database is restored from. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishFolder } from '../cluster/files.ts'
import { makeFolder } from '../cluster/own-folders.ts'
import type { Placement } from '../cluster/placement.ts'
import { removeServerTree } from '../cluster/removal.ts'
import { sourceBound, withinBounds } from '../copies/copy-bounds.ts'
import { FolderSink } from '../copies/data-files.ts'
import { copySource, type Source } from '../copies/source.ts'
import { segmentName } from '../copies/wal-files.ts'
import type { SuperuserOptions } from '../sql/superuser.ts'
import { diskUsage } from '../storage/disk-usage.ts'
import { type BaseRecord, baseRecordPath, basesFolder } from './archive.ts'

/** Adds a base of now, whole and durable or not at all. */
export async function makeBase(
  placement: Placement,
  source: Source,
  { signal, limitMs }: SuperuserOptions & { signal: AbortSignal },
): Promise<void> {
  const folder = basesFolder(source.files)
  makeFolder(folder, null)
  const base = join(folder, String(Date.now()))
  const draft = `${base}.tmp`
  await removeServerTree(placement, draft)
  try {
    makeFolder(draft, null)
    const room = {
      folder: draft,
      bounds: [sourceBound([source.files.data])],
      // A base makes room for the log that it replaces, and so may take what other copies may not.
      reserveBytes: placement.reserveBytes / 2,
    }
    const facts = await withinBounds(room, signal, (ending) => {
      const sink = new FolderSink(placement, join(draft, 'data'), { isUrgent: false, signal: ending })
      return copySource(source, sink, { signal: ending, limitMs })
    })
    const record: BaseRecord = {
      from: facts.completedAt.toISOString(),
      startsAt: segmentName(facts.startsAt),
      bytes: await diskUsage(join(draft, 'data')),
    }
    writeFileSync(baseRecordPath(draft), JSON.stringify(record), { mode: 0o600 })
    await publishFolder(draft, base)
  } catch (error) {
    await removeServerTree(placement, draft)
    throw error
  }
}
