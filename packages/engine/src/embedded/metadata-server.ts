/** The control API's own Postgres. */
import { existsSync } from 'node:fs'
import { isAlive } from '@db9/process/processes'
import { EngineError } from '../errors.ts'
import { listBases } from './archive/archive.ts'
import { ArchiveMaintainer } from './archive/archive-maintainer.ts'
import { ArchiveInbox } from './archive/inbox.ts'
import { publishFolder, removeTree } from './cluster/files.ts'
import { makeFolder, tidySockets } from './cluster/own-folders.ts'
import { type PlacementOptions, placeServers } from './cluster/placement.ts'
import { serverFiles } from './cluster/server-files.ts'
import { initCluster } from './cluster/template.ts'
import { copyAtPointInTime } from './copies/point-in-time.ts'
import { startServer, toOperatorError } from './process/postgres-process.ts'
import { PORT } from './process/postgres-settings.ts'
import type { ServerAccess } from './process/running-server.ts'
import { CONTROL_ROLE } from './process/single-user.ts'
import { stopServer } from './process/stop-server.ts'
import { endSurvivor, findSurvivor } from './process/survivors.ts'
import { verifierOf } from './sql/logins.ts'
import { asSuperuser } from './sql/superuser.ts'

const NAME = 'metadata'
const WATCH_MS = 500
const DAY_MS = 86_400_000

export interface MetadataServer {
  /** For `pg`'s Pool and Client; stays the same when the server is started anew. */
  connection: { host: string; port: number; user: string; password: string; database: string }
  /** The first moment that `restoreMetadata` can go back to, or null where there is none yet. */
  earliestRestorable(): Date | null
  stop(): Promise<void>
}

export interface MetadataOptions extends PlacementOptions {
  /** Every moment of so many days until now can be restored. */
  restoreWindowDays?: number
}

/**
 * Starts, or takes over, the control API's own Postgres; made at the first call. A server that dies is started anew
 * within a second, and a pool's next connection finds it.
 */
export async function startMetadataServer(options: MetadataOptions): Promise<MetadataServer> {
  const { restoreWindowDays = 7, onProgress = () => {}, signal } = options
  const placement = placeServers(options)
  const files = serverFiles(placement, NAME)
  if (!existsSync(files.folder)) {
    onProgress('preparing the metadata database (once)')
    const draft = serverFiles(placement, `${NAME}.tmp`)
    await initCluster(placement, draft, signal)
    await publishFolder(draft.folder, files.folder)
  }
  const stopped = new AbortController()
  const givenUp = signal ? AbortSignal.any([stopped.signal, signal]) : stopped.signal
  const start = async () =>
    findSurvivor(placement, files) ?? startServer(placement, files, { signal: givenUp })

  let server = await start().catch((error) => {
    throw toOperatorError(error)
  })
  try {
    await makeControlDatabase(server)
  } catch (error) {
    await stopServer(server)
    throw error
  }

  let restart: Promise<void> | undefined
  const watch = setInterval(() => {
    if (restart || isAlive(server)) return
    restart = start()
      .then((next) => {
        server = next
      })
      // Tried again at the next tick; until then the pool's own error tells.
      .catch(() => {})
      .finally(() => {
        restart = undefined
      })
  }, WATCH_MS)
  watch.unref()

  // Its past can be restored as a database's can.
  const maintainer = new ArchiveMaintainer(placement, {
    windowMs: restoreWindowDays * DAY_MS,
    list: () => [NAME],
    source: () => ({ files, inTurn: (work) => work(), find: () => (isAlive(server) ? server : null) }),
    exists: () => true,
    limitBytes: () => null,
  })
  maintainer.open()

  return {
    earliestRestorable: () => listBases(files)[0]?.from ?? null,
    connection: {
      host: files.socketFolder,
      port: PORT,
      user: CONTROL_ROLE,
      password: server.logins.password(CONTROL_ROLE),
      database: CONTROL_ROLE,
    },
    stop: async () => {
      clearInterval(watch)
      stopped.abort()
      await maintainer.close()
      await restart
      await stopServer(server)
      await endSurvivor(files)
      await removeTree(files.socketFolder)
      tidySockets(placement)
    },
  }
}

export interface RestoreMetadataOptions extends Omit<PlacementOptions, 'home'> {
  /** The installation whose metadata it was; one that runs goes on. */
  from: string
  /** Of an installation that has none yet. */
  to: string
  at: Date
}

/** Makes the metadata of `to` from that of `from` as it was at a moment. Throws `out_of_window` as a branch does. */
export async function restoreMetadata({ from, to, at, ...options }: RestoreMetadataOptions): Promise<void> {
  const origin = placeServers({ ...options, home: from })
  const files = serverFiles(origin, NAME)
  if (!existsSync(files.folder)) throw new EngineError('not_found', `${from} holds no metadata`)
  const placement = placeServers({ ...options, home: to })
  const { folder } = serverFiles(placement, NAME)
  if (existsSync(folder))
    throw new EngineError('failed', `${to} has metadata of its own, which stays as it is`)
  const draft = serverFiles(placement, `${NAME}.tmp`)
  const source = {
    files,
    inTurn: <T>(work: () => Promise<T>) => work(),
    find: () => findSurvivor(origin, files),
  }
  try {
    await removeTree(draft.folder)
    makeFolder(draft.folder, null)
    const { signal } = new AbortController()
    const plan = { at, micros: 0, limitBytes: null, quotaBytes: null, inbox: new ArchiveInbox(), signal }
    await copyAtPointInTime(placement, source, draft, plan)
    await publishFolder(draft.folder, folder)
  } catch (error) {
    await endSurvivor(draft)
    await removeTree(draft.folder)
    throw toOperatorError(error)
  } finally {
    await removeTree(draft.socketFolder)
    tidySockets(placement)
  }
}

async function makeControlDatabase(server: ServerAccess): Promise<void> {
  await asSuperuser(server, 'postgres', async (client) => {
    const role = await client.query('select from pg_roles where rolname = $1', [CONTROL_ROLE])
    if (role.rowCount === 0) {
      await client.query(
        `create role ${CONTROL_ROLE} login password '${verifierOf(server.logins, CONTROL_ROLE)}'`,
      )
    }
    const database = await client.query('select from pg_database where datname = $1', [CONTROL_ROLE])
    if (database.rowCount === 0) await client.query(`create database ${CONTROL_ROLE} owner ${CONTROL_ROLE}`)
  })
}
