import { join } from 'node:path'
import { listBases } from '../archive/archive.ts'
import { catchUp } from '../archive/catch-up.ts'
import { baseFor } from '../archive/retention.ts'
import { EngineError } from '../engine.ts'
import type { ServerFiles } from '../files.ts'
import type { Placement } from '../placement.ts'
import { copyDataFiles, copyWalFiles, listSegments } from './data-files.ts'
import { endedBeforeTarget, recover } from './recovery.ts'
import type { Source } from './source.ts'

/**
 * Makes a draft of a source as it was at a moment: the nearest base before it, and the commits up to it. The caller keeps
 * the archive from being tidied. A source that sleeps is not woken. `limitBytes`: what its archive may take, for the refusal.
 */
export async function copyMoment(
  placement: Placement,
  source: Source,
  draft: ServerFiles,
  { at, limitBytes, signal }: { at: Date; limitBytes: number | null; signal: AbortSignal },
): Promise<void> {
  const { files } = source
  const bases = listBases(files)
  if (at.getTime() > Date.now()) throw new EngineError('out_of_window', 'the moment is in the future')
  const base = baseFor(bases, at)
  if (!base) throw beforeWindow(bases[0]?.from, limitBytes)

  const hasLaterCommit = await catchUp(source, signal)
  await copyDataFiles(placement, base.data, draft.data, { isLive: false, signal })
  await copyAllWal(placement, join(base.data, 'pg_wal'), draft, signal)
  await source.inTurn(() => copyUnarchived(placement, files, draft, signal))
  const plan = { archive: files.archive, signal }
  try {
    await recover(placement, draft, { ...plan, target: at })
  } catch (error) {
    // Where no server runs, all that there is was replayed, and nothing was committed after the moment. Else a part of
    // the log is missing, since a later commit is known.
    if (!endedBeforeTarget(error) || hasLaterCommit) throw error
    await recover(placement, draft, { ...plan, target: null })
  }
}

/**
 * What a server has not archived, since it was killed or its archive fails. What it does archive meanwhile may be
 * overwritten while it is copied: the recovery takes it from the archive.
 */
async function copyUnarchived(
  placement: Placement,
  { archive, data }: ServerFiles,
  draft: ServerFiles,
  signal: AbortSignal,
): Promise<void> {
  const archived = new Set(listSegments(archive).map(({ name }) => name))
  const wal = join(data, 'pg_wal')
  const names = listSegments(wal)
    .map(({ name }) => name)
    .filter((name) => !archived.has(name))
  await copyWalFiles(placement, wal, names, draft.data, { mayVanish: true, signal })
}

async function copyAllWal(
  placement: Placement,
  wal: string,
  draft: ServerFiles,
  signal: AbortSignal,
): Promise<void> {
  const names = listSegments(wal).map(({ name }) => name)
  await copyWalFiles(placement, wal, names, draft.data, { signal })
}

function beforeWindow(earliest: Date | undefined, limitBytes: number | null): EngineError {
  if (!earliest)
    return new EngineError('out_of_window', 'no moment of the past can be restored yet; try again soon')
  const within = limitBytes === null ? '' : ` within the ${limitBytes} bytes that its past may take`
  const message = `the moment is before ${earliest.toISOString()}, the earliest kept${within}`
  return new EngineError('out_of_window', message)
}
