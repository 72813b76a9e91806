/** Copies a database as it is, whether its server runs or not. */
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from '../../errors.ts'
import type { ServerFiles } from '../cluster/server-files.ts'
import type { ServerAccess } from '../process/running-server.ts'
import { readSmallFile } from '../sandbox/safe-files.ts'
import type { SuperuserOptions } from '../sql/superuser.ts'
import { readControlFile } from './control-file.ts'
import { listOwnSegments } from './data-files.ts'
import { type CopyFacts, copyRunning } from './running-source.ts'
import type { CopySink } from './sink.ts'
import { formatLsn, segmentOf } from './wal-files.ts'

/** A database, or the metadata's server, that is to be copied as it is. */
export interface Source {
  files: ServerFiles
  /** Nothing starts or stops its server meanwhile. The signal ends the wait for the turn. */
  inTurn<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Where its server listens, or null where none runs. */
  find(): ServerAccess | null
}

const MOST_ATTEMPTS = 3
/** What a killed server takes to be seen as gone. */
const ENDING_MS = 200
/** A session that fails so soon was cut off. */
const SOON_MS = 5_000

/**
 * Copies data and WAL as they are now. Blocks no client of the source: a server that runs goes on, and a database that
 * sleeps may wake meanwhile; then it is copied as one that runs.
 */
export async function copySource(
  source: Source,
  sink: CopySink,
  options: SuperuserOptions = {},
): Promise<CopyFacts> {
  const { signal } = options
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    let copying: Promise<CopyFacts> | undefined
    const begin = async () => {
      const running = source.find()
      if (!running) return stampOf(source.files)
      const since = Date.now()
      // Once its session is open the source stays awake by itself, and its turn is others' again.
      const live = { server: running, data: source.files.data }
      const hasBegun = await new Promise<boolean>((resolve) => {
        copying = copyRunning(live, sink, { ...options, onBegun: () => resolve(true) })
        copying.catch(() => resolve(false))
      })
      // Its server was killed a moment ago: it is soon seen to be gone, and copied as one that does not run. One that is
      // there and did not answer in time is not asked again.
      if (!hasBegun && attempt < MOST_ATTEMPTS && !signal?.aborted) {
        await sleep(ENDING_MS)
        if (Date.now() - since < SOON_MS || source.find() !== running) copying = undefined
      }
      return null
    }
    const stamp = await source.inTurn(begin, signal)
    if (copying) return copying
    if (stamp === null) continue
    const facts = await copyStopped(source.files.data, sink)
    const isAsleepStill = async () => source.find() === null && stampOf(source.files) === stamp
    const stayedAsleep = await source.inTurn(isAsleepStill, signal)
    if (stayedAsleep) return facts
    await sink.discard()
  }
  throw new EngineError('unavailable', 'the database woke and slept again and again while it was copied')
}

/** The data and whatever WAL a start would replay. */
async function copyStopped(from: string, sink: CopySink): Promise<CopyFacts> {
  const startedAt = new Date()
  const { redo, timeline, isCleanlyStopped } = readControlFile(from)
  await sink.data(from)
  const startsAt = segmentOf(redo, timeline)
  // Behind the checkpoint of a clean stop, whose record may reach into a second segment, there are but recycled ones.
  const ahead = isCleanlyStopped ? 1n : BigInt(Number.MAX_SAFE_INTEGER)
  const names = (await listOwnSegments(from))
    .filter(({ segment }) => segment.number >= startsAt.number && segment.number <= startsAt.number + ahead)
    .map(({ name }) => name)
  await sink.wal(from, names)
  return { startsAt, lsn: formatLsn(redo), startedAt, completedAt: startedAt }
}

/** Another one after every start of a server. */
function stampOf(files: ServerFiles): string {
  return `${fileText(files.folder, basename(files.record))} ${fileText(files.data, 'global/pg_control')}`
}

function fileText(root: string, path: string): string {
  return readSmallFile(root, path, STAMP_BYTES)?.toString('base64') ?? ''
}

const STAMP_BYTES = 16_384
