/** Copies a database as it was at a point in time. */
import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '../../errors.ts'
import { listBases } from '../archive/archive.ts'
import { catchUp } from '../archive/catch-up.ts'
import type { ArchiveInbox } from '../archive/inbox.ts'
import { baseFor } from '../archive/retention.ts'
import { makeServerFolder } from '../cluster/own-folders.ts'
import type { Placement } from '../cluster/placement.ts'
import { removeServerTree } from '../cluster/removal.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import { ownerOf } from '../cluster/users.ts'
import {
  copyDataFiles,
  copyWalFiles,
  giveToNewOwner,
  listOwnSegments,
  listSegments,
  requirePlain,
} from './data-files.ts'
import { toMicroseconds } from './origin.ts'
import { endedBeforeTarget, recover } from './recovery.ts'
import type { Source } from './source.ts'

export interface PointInTimePlan {
  at: Date
  /** Beyond the milliseconds of `at`. */
  micros: number
  /** What the archive of the source may take, in bytes, for the refusal. */
  limitBytes: number | null
  /** Of the source; null: none. */
  quotaBytes: number | null
  inbox: ArchiveInbox
  signal: AbortSignal
}

/**
 * Makes a staged copy of a source as it was at a point in time: from the nearest base before it, and the commits up to it.
 * The caller pins the archive. A source that sleeps is not woken. Throws `out_of_window` where no base is old enough.
 */
export async function copyAtPointInTime(
  placement: Placement,
  source: Source,
  staged: ServerFiles,
  { at, micros, limitBytes, quotaBytes, inbox, signal }: PointInTimePlan,
): Promise<void> {
  const { files } = source
  const bases = listBases(files)
  if (at.getTime() > Date.now()) throw new EngineError('out_of_window', 'the moment is in the future')
  const base = baseFor(bases, at)
  if (!base) throw beforeWindow(bases[0]?.from, limitBytes)

  const hasLaterCommit = await catchUp(source, inbox, signal)
  await copyDataFiles(placement, base.data, staged.data, { isLive: false, signal })
  const ofBase = (await listOwnSegments(base.data)).map(({ name }) => name)
  await copyWalFiles(placement, { root: base.data, folder: 'pg_wal' }, ofBase, join(staged.data, 'pg_wal'), {
    signal,
  })
  await source.inTurn(() => copyUnarchived(placement, files, staged, signal), signal)
  await giveToNewOwner(placement, staged.data)
  const plan = { archive: files.archive, quotaBytes, signal }
  try {
    await recover(placement, staged, { ...plan, target: toMicroseconds(at, micros) })
  } catch (error) {
    // Where no server runs, all that there is was replayed, and nothing was committed after the moment. Else a part of
    // the log is missing, since a later commit is known.
    if (!endedBeforeTarget(error) || hasLaterCommit) throw error
    await recover(placement, staged, { ...plan, target: null })
  }
}

/**
 * What a server has not archived, since it was killed or its archive fails. What it does archive meanwhile may be
 * overwritten while it is copied: the recovery takes it from the archive. The base may be another user's than the log, so
 * that a program which may read the one cannot write beside the other: the copy is made in a folder of its own.
 */
async function copyUnarchived(
  placement: Placement,
  { archive, data }: ServerFiles,
  staged: ServerFiles,
  signal: AbortSignal,
): Promise<void> {
  const archived = new Set(listSegments(archive).map(({ name }) => name))
  const names = (await listOwnSegments(data)).map(({ name }) => name).filter((name) => !archived.has(name))
  const taken = join(staged.folder, 'unarchived')
  await removeServerTree(placement, taken)
  makeServerFolder(taken, ownerOf(placement.users, data))
  await copyWalFiles(placement, { root: data, folder: 'pg_wal' }, names, taken, { mayVanish: true, signal })
  await requirePlain(taken)
  for (const name of readdirSync(taken)) renameSync(join(taken, name), join(staged.data, 'pg_wal', name))
  await removeServerTree(placement, taken)
}

function beforeWindow(earliest: Date | undefined, limitBytes: number | null): EngineError {
  if (!earliest)
    return new EngineError('out_of_window', 'no moment of the past can be restored yet; try again soon')
  const within = limitBytes === null ? '' : ` within the ${limitBytes} bytes that its past may take`
  const message = `the moment is before ${earliest.toISOString()}, the earliest kept${within}`
  return new EngineError('out_of_window', message)
}
